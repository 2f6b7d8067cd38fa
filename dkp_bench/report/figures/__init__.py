"""The pictures of a report: charts as SVG, panels of images as PNG; equal data give equal bytes."""
