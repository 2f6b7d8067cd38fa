"""What datasets share whose images are annotated by lists of file names: Taichi and DeepFashion."""
