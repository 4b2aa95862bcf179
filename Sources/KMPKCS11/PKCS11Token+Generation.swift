#if PKCS11
internal import CKMPKCS11
public import Foundation
public import KMPrimitives
internal import KMSecurity
internal import Logging

extension PKCS11Token {
    /// Generates an RSA key pair in the token, and its self-signed certificate.
    ///
    /// The private key cannot leave the token (`CKA_SENSITIVE`, and not `CKA_EXTRACTABLE`). It signs the certificate,
    /// and may then only decrypt. The key pair and the certificate have the same label and id.
    ///
    /// - Parameters:
    ///   - label: The label (`CKA_LABEL`), 1 to 64 Unicode scalars. It is also the certificate's common name.
    ///   - id: The id (`CKA_ID`), 1 to 64 bytes. No private key in the token may have it.
    ///   - bitCount: The size of the modulus in bits, 2048 to 8192.
    ///   - validity: The certificate's validity.
    /// - Returns: The private key and the certificate.
    /// - Throws: ``KMError`` `invalidSize` if an argument is outside its range; `unsupportedKey` for another size;
    ///   `hsmKeyAmbiguous` if the token has a private key with this id; `hsmUnavailable` if the HSM fails or does not
    ///   allow it; the errors of ``privateKey(_:)``. The new objects are then removed. If that fails too, for example
    ///   because the HSM does not answer, they stay in the token.
    public func generateKeyPair(
        label: String,
        id: [UInt8],
        bitCount: Int = 2048,
        validity: ClosedRange<Date>
    ) async throws -> (key: PKCS11PrivateKey, certificate: Certificate) {
        guard RSAPublicKey.bitCounts.contains(bitCount) else {
            throw KMError(.unsupportedKey, "an RSA key must have 2048 to 8192 bits; got \(bitCount) bits")
        }
        let uri = try Self.uri(label, id, "private")
        let generation = PairGeneration(label: label, id: id, bitCount: bitCount, validity: validity, logger: logger)
        let certificate = try await writing { session in
            try Self.checkIsNew(id, KM_CKO_PRIVATE_KEY, session)
            return try generation.run(session)
        }
        do {
            return (try await privateKey(uri), certificate)
        } catch {
            // In a task of its own, since this one may be cancelled.
            let removal = Task { try await writing { try generation.remove(certificate, $0) } }
            do { try await removal.value } catch {
                logger?.warning("an unusable new key stays in the token", metadata: ["key": "\(uri)"])
            }
            throw error
        }
    }

    /// Generates a key for HMAC-SHA-256 in the token, which cannot leave the token.
    ///
    /// - Parameters:
    ///   - label: The label (`CKA_LABEL`), 1 to 64 Unicode scalars.
    ///   - id: The id (`CKA_ID`), 1 to 64 bytes. No secret key in the token may have it.
    ///   - byteCount: The size of the key in bytes, 32 to 64.
    /// - Returns: The key.
    /// - Throws: ``KMError`` `invalidSize` if an argument is outside its range; `hsmKeyAmbiguous` if the token has a
    ///   secret key with this id; `hsmUnavailable` if the HSM fails or does not allow it.
    public func generateHMACKey(label: String, id: [UInt8], byteCount: Int = 32) async throws -> PKCS11HMACKey {
        guard (32...64).contains(byteCount) else {
            throw KMError(.invalidSize, "a key for HMAC-SHA-256 must be 32 to 64 bytes; got \(byteCount)")
        }
        let uri = try Self.uri(label, id, "secret-key")
        try await writing { session in
            try Self.checkIsNew(id, KM_CKO_SECRET_KEY, session)
            let template = try Self.secretKey(label, id)
            try template.add(KM_CKA_VALUE_LEN, number: UInt(byteCount))
            _ = try session.generateKey(KM_CKM_GENERIC_SECRET_KEY_GEN, template)
        }
        return try await hmacKey(uri)
    }

    /// Copies a key for HMAC-SHA-256 into the token, from which it cannot be read.
    ///
    /// Erase every other copy, unless you need it as a backup.
    ///
    /// - Parameters:
    ///   - key: The key, 16 to 1024 bytes. It stays yours.
    ///   - label: The label (`CKA_LABEL`), 1 to 64 Unicode scalars.
    ///   - id: The id (`CKA_ID`), 1 to 64 bytes. No secret key in the token may have it.
    /// - Returns: The key in the token.
    /// - Throws: ``KMError`` `invalidSize` if an argument is outside its range; `hsmKeyAmbiguous` if the token has a
    ///   secret key with this id; `hsmUnavailable` if the HSM fails or does not allow it.
    public func importHMACKey(_ key: SecretBytes, label: String, id: [UInt8]) async throws -> PKCS11HMACKey {
        guard (16...1024).contains(key.count) else {
            throw KMError(.invalidSize, "a key for HMAC-SHA-256 must be 16 to 1024 bytes; got \(key.count)")
        }
        let uri = try Self.uri(label, id, "secret-key")
        try await writing { session in
            try Self.checkIsNew(id, KM_CKO_SECRET_KEY, session)
            let template = try Self.secretKey(label, id)
            try template.add(KM_CKA_VALUE, key)
            _ = try session.create(template)
        }
        return try await hmacKey(uri)
    }

    private static func secretKey(_ label: String, _ id: [UInt8]) throws -> ObjectTemplate {
        let template = try ObjectTemplate()
        try template.add(KM_CKA_CLASS, number: KM_CKO_SECRET_KEY)
        try template.add(KM_CKA_KEY_TYPE, number: KM_CKK_GENERIC_SECRET)
        try template.add(KM_CKA_LABEL, Array(label.utf8))
        try template.add(KM_CKA_ID, id)
        for type in [KM_CKA_TOKEN, KM_CKA_PRIVATE, KM_CKA_SENSITIVE, KM_CKA_SIGN, KM_CKA_VERIFY] {
            try template.add(type, true)
        }
        try template.add(KM_CKA_EXTRACTABLE, false)
        return template
    }

    /// The URI of a new key.
    private static func uri(_ label: String, _ id: [UInt8], _ type: String) throws -> PKCS11URI {
        guard (1...64).contains(label.unicodeScalars.count), !label.unicodeScalars.contains("\0") else {
            throw KMError(.invalidSize, "a label must be 1 to 64 characters, without NUL")
        }
        guard (1...64).contains(id.count) else {
            throw KMError(.invalidSize, "the id of a key must be 1 to 64 bytes; got \(id.count)")
        }
        func encoded(_ bytes: some Sequence<UInt8>) -> String {
            bytes.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        return try PKCS11URI("pkcs11:object=\(encoded(label.utf8));id=\(encoded(id));type=\(type)")
    }

    private static func checkIsNew(_ id: [UInt8], _ objectClass: UInt, _ session: Session) throws {
        let template = try ObjectTemplate()
        try template.add(KM_CKA_CLASS, number: objectClass)
        try template.add(KM_CKA_ID, id)
        guard let object = try session.find(template, limit: 1).first else { return }
        throw KMError(
            .hsmKeyAmbiguous,
            "the token has a key with this id: \(try session.uriText(of: object)); choose another id"
        )
    }
}

/// The generation of a key pair and its certificate in a session.
struct PairGeneration: Sendable {
    let label: String
    let id: [UInt8]
    let bitCount: Int
    let validity: ClosedRange<Date>
    let logger: Logger?

    func run(_ session: Session) throws -> Certificate {
        let pair = try session.generatePair(
            KM_CKM_RSA_PKCS_KEY_PAIR_GEN,
            public: publicTemplate(),
            private: privateTemplate()
        )
        do {
            let publicKey = try PKCS11Token.publicKey(of: pair.private, session)
            let content = try Certificate.toBeSigned(publicKey, commonName: label, validity: validity)
            let signature = try session.sign(
                SecretBytes(copying: content),
                with: pair.private,
                KM_CKM_SHA256_RSA_PKCS,
                capacity: publicKey.byteCount
            )
            let certificate = try Certificate(toBeSigned: content, signature: signature)
            _ = try session.create(certificateTemplate(certificate))
            endSigning(pair.private, session)
            return certificate
        } catch {
            // All or nothing: a key without a certificate would be in the way of the next try.
            for object in [pair.private, pair.public] { try? session.destroy(object) }
            throw error
        }
    }

    /// Removes the pair and the certificate in another session.
    ///
    /// Other objects with the same label and id stay.
    func remove(_ certificate: Certificate, _ session: Session) throws {
        let modulus = KeyReference.withoutLeadingZeros(try certificate.unverifiedPublicKey.modulus())
        for objectClass in [KM_CKO_PRIVATE_KEY, KM_CKO_PUBLIC_KEY] {
            for object in try session.find(template(objectClass))
            where try KeyReference.modulus(of: object, session) == modulus {
                try session.destroy(object)
            }
        }
        let content = try certificate.derRepresentation()
        for object in try session.find(template(KM_CKO_CERTIFICATE))
        where try session.attribute(KM_CKA_VALUE, of: object) == content {
            try session.destroy(object)
        }
    }

    /// Takes the right to sign from the key.
    ///
    /// Some tokens do not allow this change, and the key is good without it.
    private func endSigning(_ key: UInt, _ session: Session) {
        do {
            let change = try ObjectTemplate()
            try change.add(KM_CKA_SIGN, false)
            try session.change(key, change)
        } catch {
            logger?.warning("the token does not let the key give up signing (CKA_SIGN)", metadata: ["key": "\(label)"])
        }
    }

    private func template(_ objectClass: UInt) throws -> ObjectTemplate {
        let template = try ObjectTemplate()
        try template.add(KM_CKA_CLASS, number: objectClass)
        try template.add(KM_CKA_TOKEN, true)
        try template.add(KM_CKA_LABEL, Array(label.utf8))
        try template.add(KM_CKA_ID, id)
        return template
    }

    private func publicTemplate() throws -> ObjectTemplate {
        let template = try template(KM_CKO_PUBLIC_KEY)
        try template.add(KM_CKA_KEY_TYPE, number: KM_CKK_RSA)
        try template.add(KM_CKA_MODULUS_BITS, number: UInt(bitCount))
        try template.add(KM_CKA_PUBLIC_EXPONENT, [1, 0, 1])
        try template.add(KM_CKA_ENCRYPT, true)
        try template.add(KM_CKA_VERIFY, true)
        return template
    }

    private func privateTemplate() throws -> ObjectTemplate {
        let template = try template(KM_CKO_PRIVATE_KEY)
        try template.add(KM_CKA_KEY_TYPE, number: KM_CKK_RSA)
        for type in [KM_CKA_PRIVATE, KM_CKA_SENSITIVE, KM_CKA_DECRYPT, KM_CKA_SIGN] { try template.add(type, true) }
        for type in [KM_CKA_EXTRACTABLE, KM_CKA_UNWRAP] { try template.add(type, false) }
        return template
    }

    private func certificateTemplate(_ certificate: Certificate) throws -> ObjectTemplate {
        let template = try template(KM_CKO_CERTIFICATE)
        let names = try certificate.encodedNames()
        try template.add(KM_CKA_CERTIFICATE_TYPE, number: KM_CKC_X_509)
        try template.add(KM_CKA_PRIVATE, false)
        try template.add(KM_CKA_SUBJECT, names.subject)
        try template.add(KM_CKA_ISSUER, names.issuer)
        try template.add(KM_CKA_SERIAL_NUMBER, names.serialNumber)
        try template.add(KM_CKA_VALUE, certificate.derRepresentation())
        return template
    }
}
#endif
