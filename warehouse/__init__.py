"""The database: settings, the embedded server, bootstrap, build, publish and rollback."""
