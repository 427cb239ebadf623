"""The web server: gunicorn, with a worker that reads and writes without holding a thread."""
