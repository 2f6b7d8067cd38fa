"""The pictures of a report: charts as SVG, panels of images as PNG, the same byte for byte."""
