"""dkp-bench: does depth-guided distillation find better keypoints?"""

__version__ = "0.1.0"
