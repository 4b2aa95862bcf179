#if PKCS11
import Testing

/// Tests with the PKCS#11 modules that are installed, one after another: a module has one configuration per process.
@Suite("PKCS#11", .serialized)
struct PKCS11Tests {}
#endif
