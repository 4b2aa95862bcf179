#if PKCS11
internal import CKMPKCS11
internal import KMPrimitives
internal import KMSecurity

/// How a key is found again in a new session, after the token was removed or its sessions were closed.
struct KeyReference: Hashable, Sendable {
    let uri: PKCS11URI
    let objectClass: UInt
    /// The modulus that an RSA key must have, so that another key with the same label is never used instead; nil for
    /// other keys, and before the key was found for the first time.
    let modulus: [UInt8]?

    /// Finds the one object that matches.
    ///
    /// - Throws: ``KMError`` `hsmKeyNotFound` or `hsmKeyAmbiguous`, with what the token has; ``PKCS11Failure``.
    func find(in session: Session) throws -> UInt {
        let named = try session.find(template(with: uri))
        var objects = named
        if let modulus {
            // Compared here, since some tokens store the modulus with a leading zero.
            let wanted = Self.withoutLeadingZeros(modulus)
            objects = try named.filter { try Self.modulus(of: $0, session) == wanted }
            if objects.isEmpty, !named.isEmpty { throw try replaced(named, in: session) }
        }
        guard objects.count == 1 else { throw try mismatch(objects, in: session) }
        return objects[0]
    }

    /// The modulus of an RSA key without leading zeros; nil if the token does not show it.
    static func modulus(of object: UInt, _ session: Session) throws -> [UInt8]? {
        try session.attribute(KM_CKA_MODULUS, of: object).map(withoutLeadingZeros)
    }

    /// The bytes of a number without the zeros before it.
    static func withoutLeadingZeros(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.drop { $0 == 0 }) }

    private func replaced(_ objects: [UInt], in session: Session) throws -> KMError {
        KMError(
            .hsmKeyNotFound,
            "the \(noun) that \(uri) matches now has another modulus than the one that was found before; restore that "
                + "key, or restart the program to use the new one:\(try list(objects, in: session))"
        )
    }

    private func list(_ objects: [UInt], in session: Session) throws -> String {
        try objects.prefix(16).map { "\n  \(try session.uriText(of: $0))" }.joined()
    }

    /// The attributes of the class, and those of a URI if there is one.
    private func template(with uri: PKCS11URI?) throws -> ObjectTemplate {
        let template = try ObjectTemplate()
        try template.add(KM_CKA_CLASS, number: objectClass)
        if let uri, uri.namesObject { try template.add(uri.parsed()) }
        return template
    }

    private var noun: String { objectClass == KM_CKO_PRIVATE_KEY ? "private key" : "secret key" }

    private func mismatch(_ objects: [UInt], in session: Session) throws -> KMError {
        let isNone = objects.isEmpty
        let listed = isNone ? try session.find(template(with: nil)) : objects
        let shown = try list(listed, in: session)
        if isNone {
            let there = listed.isEmpty ? "the token shows no \(noun) to this user" : "the token has:\(shown)"
            return KMError(.hsmKeyNotFound, "no \(noun) matches \(uri); \(there)")
        }
        return KMError(
            .hsmKeyAmbiguous,
            "\(objects.count) keys match \(uri); add object or id, so that one matches:\(shown)"
        )
    }
}
#endif
