"""The sample newswire: feeds with news written for this project, played by a local server."""
