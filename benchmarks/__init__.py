"""What Newsthread costs and how well it does, as ratios; run on demand."""
