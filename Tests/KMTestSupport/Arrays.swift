package import KMPrimitives

// The primitives with arrays instead of spans, because `#expect` does not accept an expression with a span.

extension AESGCM {
    package func seal(
        _ plaintext: [UInt8],
        iv: [UInt8],
        associatedData: [UInt8]
    ) throws -> (ciphertext: [UInt8], tag: [UInt8]) {
        try seal(plaintext.span, iv: iv.span, associatedData: associatedData.span)
    }

    package func open(
        _ ciphertext: [UInt8],
        tag: [UInt8],
        iv: [UInt8],
        associatedData: [UInt8]
    ) throws -> [UInt8] {
        try open(ciphertext.span, tag: tag.span, iv: iv.span, associatedData: associatedData.span)
    }
}

extension RSAPublicKey {
    package func encryptOAEP(_ message: [UInt8]) throws -> [UInt8] {
        try encryptOAEP(message.span)
    }

    package func encryptOAEP(_ message: SecretBytes) throws -> [UInt8] {
        try message.withBytes { try encryptOAEP($0) }
    }
}

extension RSAPrivateKey {
    package func decryptOAEP(_ ciphertext: [UInt8], hash: OAEPHash = .sha256) throws -> SecretBytes {
        try decryptOAEP(ciphertext.span, hash: hash)
    }

    package func unwrapKey(_ wrapped: [UInt8], byteCount: Int, hash: OAEPHash = .sha256) throws -> SecretBytes {
        try unwrapKey(wrapped.span, byteCount: byteCount, hash: hash)
    }
}

extension HMACSHA256 {
    package func isValid(_ mac: MAC, for message: [UInt8]) throws -> Bool {
        try isValid(mac, for: message.span)
    }
}

extension HMACSHA256.MAC {
    package init?(_ bytes: [UInt8]) {
        self.init(bytes.span)
    }

    package var exposed: [UInt8] {
        withBytes { bytes in bytes.indices.map { bytes[$0] } }
    }
}
