"""What surrounds the picture: margins, ultrasound regions, layouts of devices."""
