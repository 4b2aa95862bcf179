import ctypes
import sys


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int32), ("reserved", ctypes.c_int32), ("row", ctypes.c_int64),
                ("detail", ctypes.c_char * 496)]


library = ctypes.CDLL(sys.argv[1])
library.km_status_name.restype = ctypes.c_char_p
library.km_tokenizer_par_size.restype = ctypes.c_size_t
library.km_tokenizer_par_size.argtypes = [ctypes.c_void_p]
library.km_tokenizer_free.argtypes = [ctypes.c_void_p]


def check(status, error):
    if status != 0:
        raise ValueError(f"{library.km_status_name(status).decode()}: {error.detail.decode()}")


def pars(key_file, pans):
    """Returns the PARs of PANs, which are bytes."""
    error, tokenizer, size = Error(), ctypes.c_void_p(), ctypes.c_size_t()
    check(library.km_tokenizer_create_from_file(key_file.encode(), ctypes.c_uint32(1), None, ctypes.byref(tokenizer),
                                                ctypes.byref(error)), error)
    try:
        offsets = [0]
        for pan in pans:
            offsets.append(offsets[-1] + len(pan))
        width = library.km_tokenizer_par_size(tokenizer)
        output = ctypes.create_string_buffer(width * len(pans))
        check(library.km_par_derive_many(
            tokenizer, b"".join(pans), ctypes.c_size_t(offsets[-1]), (ctypes.c_int64 * len(offsets))(*offsets),
            ctypes.c_size_t(len(pans)), ctypes.c_uint32(0), output, ctypes.c_size_t(len(output)), ctypes.byref(size), None,
            ctypes.byref(error)), error)
        return [output.raw[start:start + width].decode() for start in range(0, size.value, width)]
    finally:
        library.km_tokenizer_free(tokenizer)


print("\n".join(pars(sys.argv[2], [b"9491339401250765", b"0000000000000000"])))
