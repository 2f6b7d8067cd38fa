"""MiDaS 3.1: relative inverse depth from one image, with the published weights, on timm's backbones.

Source: Ranftl et al., arXiv 1907.01341 and 2103.13413; Birkl et al., arXiv 2307.14460; MiDaS, official code at 4545977.
"""
