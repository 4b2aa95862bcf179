#if PKCS11
internal import CKMPKCS11
internal import KMPrimitives
internal import KMSecurity

/// The attributes of an object to find, to create or to change, for one thread.
@safe final class ObjectTemplate {
    let pointer: OpaquePointer

    init() throws {
        var made: OpaquePointer?
        let rv = unsafe km_p11_template_create(&made)
        guard rv == KM_CKR_OK, let made = unsafe made else {
            throw PKCS11Failure(function: "C_CreateObject", rv: KM_CKR_HOST_MEMORY)
        }
        unsafe pointer = made
    }

    deinit { unsafe km_p11_template_free(pointer) }

    func add(_ type: UInt, _ value: Bool) throws {
        try check(unsafe km_p11_template_add_bool(pointer, type, value))
    }

    func add(_ type: UInt, number: UInt) throws {
        try check(unsafe km_p11_template_add_number(pointer, type, number))
    }

    func add(_ type: UInt, _ bytes: [UInt8]) throws {
        try check(
            unsafe bytes.withUnsafeBufferPointer {
                unsafe km_p11_template_add_bytes(pointer, type, $0.baseAddress, $0.count)
            }
        )
    }

    func add(_ type: UInt, _ secret: SecretBytes) throws {
        try check(
            secret.withBytes { bytes in
                unsafe bytes.withUnsafeBufferPointer {
                    unsafe km_p11_template_add_bytes(pointer, type, $0.baseAddress, $0.count)
                }
            }
        )
    }

    /// Adds the label and the id of a URI, and its class if the template has none.
    ///
    /// - Throws: ``KMError`` `hsmURIInvalid` if the template is for objects of another class than the URI.
    func add(_ uri: ParsedURI) throws {
        let rv = unsafe km_p11_uri_add_attributes(uri.pointer, pointer)
        guard rv != KM_CKR_ARGUMENTS_BAD else {
            throw PKCS11URI.invalid("its type is not that of the key: type=private, or type=secret-key for a MAC key")
        }
        try check(rv)
    }

    private func check(_ rv: UInt) throws { try PKCS11Failure.check(rv, "C_CreateObject") }
}
#endif
