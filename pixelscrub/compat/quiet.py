"""Keep libraries from printing values: pydicom's warnings and log lines quote the header."""

from __future__ import annotations

import logging
import warnings


def hush() -> None:
    """Silence the libraries of this process; called once at the start of a run or a worker."""
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    config.settings.writing_validation_mode = config.IGNORE
    for name in ("pydicom", "pynetdicom", "dicomweb_client", "urllib3", "PIL", "tifffile"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
    noisy = "pydicom|dicomweb_client|pylibjpeg|SimpleITK|PIL|skimage"
    warnings.filterwarnings("ignore", module=rf"({noisy})\b.*")
