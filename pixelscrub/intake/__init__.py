"""Files to instances, studies and volumes: find, read, place, group."""
