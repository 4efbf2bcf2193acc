"""RecordIO: files of byte records, and image records (a header with labels before the encoded image).

Works without the engine; NumPy is imported only where labels are arrays, Pillow only to encode and decode images.

Example:
    >>> from mx_io import recordio
    >>> with recordio.MXIndexedRecordIO("a.idx", "a.rec", "w") as writer:
    ...     for key in range(3):
    ...         writer.write_idx(key, recordio.pack(recordio.IRHeader(0, float(key), key, 0), b"bytes"))
    >>> with recordio.MXIndexedRecordIO("a.idx", "a.rec", "r") as reader:
    ...     recordio.unpack(reader.read_idx(2))
    (IRHeader(flag=0, label=2.0, id=2, id2=0), b'bytes')
"""

from mx_io._image_record import IRHeader, pack, pack_img, unpack, unpack_img
from mx_io._indexed_record_file import MXIndexedRecordIO
from mx_io._record_file import MXRecordIO

__all__ = ["IRHeader", "MXIndexedRecordIO", "MXRecordIO", "pack", "pack_img", "unpack", "unpack_img"]
