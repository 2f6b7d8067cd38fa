"""dkp-bench: does depth-guided distillation find better keypoints?"""

import os

__version__ = "0.1.0"

# OpenCV reads it when it is imported: no picture of more pixels is decoded, whoever asks (picture_headers.MOST_PIXELS).
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**27))
