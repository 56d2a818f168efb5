"""Alembic's entry: run the migrations on the connection that `bot.adapters.store.migrate` gives."""

from alembic import context

from bot.adapters.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can alter little of a table in place
    transactional_ddl=True,  # the caller's transaction holds it all, on SQLite too
)
with context.begin_transaction():
    context.run_migrations()
