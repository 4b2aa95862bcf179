#if PKCS11
internal import CKMPKCS11
internal import KMPrimitives

/// A session with a token, for one thread at a time.
///
/// Its calls block.
@safe final class Session: TokenDecryption {
    let module: ModuleHandle
    let slot: UInt
    let handle: UInt
    private var isOpen = true
    /// The objects that were found in this session.
    private var found: [KeyReference: UInt] = [:]

    /// Opens a session.
    init(_ module: ModuleHandle, slot: UInt, writes: Bool = false) throws {
        var handle: UInt = 0
        try PKCS11Failure.check(unsafe km_p11_open(module.pointer(), slot, writes, &handle), "C_OpenSession")
        (self.module, self.slot, self.handle) = (module, slot, handle)
    }

    deinit { close() }

    /// Closes the session, unless it is closed.
    func close() {
        guard isOpen else { return }
        isOpen = false
        // A session that the token has already closed, or a module that is finalized, has nothing to close.
        guard let pointer = unsafe try? module.pointer() else { return }
        _ = unsafe km_p11_close(pointer, handle)
    }

    /// Whether the user is logged in.
    ///
    /// The login belongs to all sessions of this process with the token.
    func isLoggedIn() throws -> Bool { try info().isLoggedIn }

    /// Whether the device still answers and reports no error.
    func isHealthy() throws -> Bool { try info().deviceError == 0 }

    /// The flags of a mechanism; nil if the token does not have it.
    func mechanismFlags(_ mechanism: UInt) throws -> UInt? { try module.mechanismFlags(mechanism, slot) }

    private func info() throws -> (isLoggedIn: Bool, deviceError: UInt) {
        var isLoggedIn = false
        var deviceError: UInt = 0
        let rv = unsafe try km_p11_session_info(module.pointer(), handle, &isLoggedIn, &deviceError)
        try PKCS11Failure.check(rv, "C_GetSessionInfo")
        return (isLoggedIn, deviceError)
    }

    /// Calls `C_Login` and returns its result.
    ///
    /// - Parameters:
    ///   - pin: The PIN; nil to let the token ask for it.
    ///   - role: The user who logs in.
    /// - Returns: The result.
    /// - Throws: ``KMError`` `hsmUnavailable`.
    func login(_ pin: SecretBytes?, role: km_p11_role = KM_P11_USER) throws -> UInt {
        let module = unsafe try module.pointer()
        guard let pin else { return unsafe km_p11_login(module, handle, role, nil, 0) }
        return pin.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                // A NULL pin means the token's own keypad, so an empty PIN needs an address that is not null.
                unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { other in
                    unsafe km_p11_login(
                        module,
                        handle,
                        role,
                        bytes.baseAddress ?? UnsafePointer(other.baseAddress),
                        bytes.count
                    )
                }
            }
        }
    }

    /// Finds objects, at most `limit`.
    func find(_ template: ObjectTemplate, limit: Int = 64) throws -> [UInt] {
        var objects = [UInt](repeating: 0, count: limit)
        var count = 0
        let module = unsafe try module.pointer()
        let rv = unsafe objects.withUnsafeMutableBufferPointer { target in
            guard let start = target.baseAddress else { return KM_CKR_ARGUMENTS_BAD }
            return unsafe km_p11_find(module, handle, template.pointer, start, limit, &count)
        }
        try PKCS11Failure.check(rv, "C_FindObjects")
        return Array(objects.prefix(count))
    }

    /// An attribute of an object; nil if the object does not have it or does not show it.
    func attribute(_ type: UInt, of object: UInt) throws -> [UInt8]? {
        let module = unsafe try module.pointer()
        do {
            return unsafe try copiedBytes("C_GetAttributeValue") {
                unsafe km_p11_attribute(module, handle, object, type, $0)
            }
        } catch let failure as PKCS11Failure
            where failure.rv == KM_CKR_ATTRIBUTE_TYPE_INVALID || failure.rv == KM_CKR_ATTRIBUTE_SENSITIVE
        {
            return nil
        }
    }

    /// A Boolean attribute of an object; nil if the object does not have it.
    func flag(_ type: UInt, of object: UInt) throws -> Bool? {
        try attribute(type, of: object)?.first.map { $0 != 0 }
    }

    /// The URI of an object.
    func uriText(of object: UInt) throws -> String {
        let module = unsafe try module.pointer()
        return unsafe try copiedText { unsafe km_p11_uri_of_object(module, slot, handle, object, $0) }
    }

    /// The handle of a key in this session, which is searched once.
    func handle(of key: KeyReference) throws -> UInt {
        if let known = found[key] { return known }
        let object = try key.find(in: self)
        found[key] = object
        return object
    }

    /// Decrypts, and returns memory of `capacity` bytes that begins with the plaintext.
    ///
    /// - Parameters:
    ///   - ciphertext: The ciphertext.
    ///   - key: The handle of the private key.
    ///   - scheme: How the ciphertext was encrypted.
    ///   - capacity: The size of the modulus in bytes.
    /// - Returns: The plaintext, or the result of the call that failed.
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory runs out.
    func decrypt(
        _ ciphertext: [UInt8],
        with key: UInt,
        _ scheme: km_p11_scheme,
        capacity: Int
    ) throws -> Decryption {
        let module = unsafe try module.pointer()
        var count = 0
        var isStarted = false
        var rv = KM_CKR_OK
        let memory = try SecretBytes(count: capacity) { target in
            rv = unsafe target.withUnsafeMutableBufferPointer { target in
                unsafe ciphertext.withUnsafeBufferPointer { source in
                    guard let out = target.baseAddress, let start = source.baseAddress else {
                        return KM_CKR_ARGUMENTS_BAD
                    }
                    return unsafe km_p11_decrypt(
                        module,
                        handle,
                        key,
                        scheme,
                        start,
                        source.count,
                        out,
                        capacity,
                        &count,
                        &isStarted
                    )
                }
            }
        }
        return Decryption(memory: memory, count: count, rv: rv, isStarted: isStarted)
    }

    /// Signs a message, or computes its MAC.
    func sign(_ message: SecretBytes, with key: UInt, _ mechanism: UInt, capacity: Int) throws -> [UInt8] {
        let module = unsafe try module.pointer()
        var signature = [UInt8](repeating: 0, count: capacity)
        var count = 0
        let rv = unsafe signature.withUnsafeMutableBufferPointer { target in
            message.withBytes { bytes in
                unsafe bytes.withUnsafeBufferPointer { source in
                    guard let out = target.baseAddress else { return KM_CKR_ARGUMENTS_BAD }
                    return unsafe km_p11_sign(
                        module,
                        handle,
                        key,
                        mechanism,
                        source.baseAddress,
                        source.count,
                        out,
                        capacity,
                        &count
                    )
                }
            }
        }
        try PKCS11Failure.check(rv, "C_Sign")
        return Array(signature.prefix(count))
    }
}

// What writes to the token, in a session that was opened for writing.
extension Session {
    func create(_ template: ObjectTemplate) throws -> UInt {
        var object: UInt = 0
        let rv = unsafe try km_p11_create_object(module.pointer(), handle, template.pointer, &object)
        try PKCS11Failure.check(rv, "C_CreateObject")
        return object
    }

    func change(_ object: UInt, _ template: ObjectTemplate) throws {
        let rv = unsafe try km_p11_change_object(module.pointer(), handle, object, template.pointer)
        try PKCS11Failure.check(rv, "C_SetAttributeValue")
    }

    func destroy(_ object: UInt) throws {
        try PKCS11Failure.check(unsafe km_p11_destroy_object(module.pointer(), handle, object), "C_DestroyObject")
    }

    func generateKey(_ mechanism: UInt, _ template: ObjectTemplate) throws -> UInt {
        var key: UInt = 0
        let rv = unsafe try km_p11_generate_key(module.pointer(), handle, mechanism, template.pointer, &key)
        try PKCS11Failure.check(rv, "C_GenerateKey")
        return key
    }

    func generatePair(
        _ mechanism: UInt,
        public publicTemplate: ObjectTemplate,
        private privateTemplate: ObjectTemplate
    ) throws -> (public: UInt, private: UInt) {
        var (publicKey, privateKey): (UInt, UInt) = (0, 0)
        let rv = unsafe try km_p11_generate_pair(
            module.pointer(),
            handle,
            mechanism,
            publicTemplate.pointer,
            privateTemplate.pointer,
            &publicKey,
            &privateKey
        )
        try PKCS11Failure.check(rv, "C_GenerateKeyPair")
        return (publicKey, privateKey)
    }

    /// Sets the user's PIN, in a session of the security officer.
    func initializePIN(_ pin: SecretBytes) throws {
        let module = unsafe try module.pointer()
        let rv = pin.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return KM_CKR_ARGUMENTS_BAD }
                return unsafe km_p11_init_pin(module, handle, start, bytes.count)
            }
        }
        try PKCS11Failure.check(rv, "C_InitPIN")
    }
}
#endif
