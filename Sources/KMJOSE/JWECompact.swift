internal import KMPrimitives

/// A JWE compact serialization (RFC 7516 section 3.1), split into its five parts.
///
/// The parts are canonical base64url and their sizes are checked, but nothing is decrypted or authenticated. They are
/// decoded when you ask for them.
public struct JWECompact: Sendable {
    /// The places of the parts' texts.
    package struct Places: Sendable {
        package let header: Range<Int>
        package let encryptedKey: Range<Int>
        package let iv: Range<Int>
        package let ciphertext: Range<Int>
        package let tag: Range<Int>
    }

    /// The bytes that contain the message; often those of a whole body.
    package let text: [UInt8]
    package let places: Places

    /// The protected header in base64url, exactly as received; it is the associated data of the content encryption.
    public var encodedHeader: [UInt8] { Array(text[places.header]) }
    /// The protected header's JSON.
    public var headerJSON: [UInt8] { decoded(places.header) }
    /// The content encryption key (CEK), encrypted to the recipient.
    public var encryptedKey: [UInt8] { decoded(places.encryptedKey) }
    /// The initialization vector, 12 bytes.
    public var iv: [UInt8] { decoded(places.iv) }
    /// The ciphertext, which has the length of the plaintext.
    public var ciphertext: [UInt8] { decoded(places.ciphertext) }
    /// The authentication tag, 16 bytes.
    public var tag: [UInt8] { decoded(places.tag) }

    /// The size of the ciphertext and of the plaintext, in bytes.
    package var plaintextByteCount: Int { Base64.decodedCount(places.ciphertext.count) ?? 0 }

    /// Splits a message into its parts, and checks their encoding and their sizes.
    ///
    /// - Throws: ``KMError`` `malformedJWE` when there are not five parts, or when a part has an invalid encoding or
    ///   size (the detail names the part); `limitExceeded` when the message or its header is larger than `policy`
    ///   allows.
    public init(parsing message: Span<UInt8>, policy: JWEPolicy = .standard) throws {
        try self.init(decoding: message, policy: policy)
        try checkSizes()
    }

    /// Splits a message in a larger text into its parts, as ``init(parsing:policy:)`` does.
    package init(parsing text: [UInt8], in range: Range<Int>, policy: JWEPolicy) throws {
        try self.init(decoding: text, in: range, policy: policy)
        try checkSizes()
    }

    /// Splits a message into its parts and checks their encoding, but not their sizes.
    ///
    /// This serves to inspect messages that use other algorithms, whose parts have other sizes.
    ///
    /// - Throws: ``KMError`` `malformedJWE` or `limitExceeded`.
    package init(decoding message: Span<UInt8>, policy: JWEPolicy) throws {
        try Self.check(byteCount: message.count, policy)
        try self.init(decoding: Array(copying: message), in: 0..<message.count, policy: policy)
    }

    private init(decoding text: [UInt8], in range: Range<Int>, policy: JWEPolicy) throws {
        try Self.check(byteCount: range.count, policy)
        places = try Places(text.span, range)
        let maximumHeaderCount = Base64.encodedCount(policy.maximumHeaderByteCount)
        guard places.header.count <= maximumHeaderCount else {
            throw KMError(
                .limitExceeded,
                "the protected header must be at most \(maximumHeaderCount) characters; got \(places.header.count)"
            )
        }
        self.text = text
        try check(places.header, "protected header")
        try check(places.encryptedKey, "encrypted key")
        try check(places.iv, "initialization vector")
        try check(places.ciphertext, "ciphertext")
        try check(places.tag, "authentication tag")
    }

    private static func check(byteCount: Int, _ policy: JWEPolicy) throws {
        guard byteCount <= policy.maximumByteCount else {
            throw KMError(
                .limitExceeded,
                "the message must be at most \(policy.maximumByteCount) bytes; got \(byteCount)"
            )
        }
    }

    private func check(_ place: Range<Int>, _ name: StaticString) throws {
        guard Base64.url.isCanonical(text.span.extracting(place)) else {
            throw KMError(.malformedJWE, "the \(name) is not canonical base64url without padding")
        }
    }

    private func decoded(_ place: Range<Int>) -> [UInt8] { Base64.url.decode(text.span.extracting(place)) ?? [] }

    /// Returns whether another message has the same encrypted key.
    package func hasEncryptedKey(of other: JWECompact) -> Bool {
        text.span.extracting(places.encryptedKey)
            .isEqual(to: other.text.span.extracting(other.places.encryptedKey))
    }

    /// Throws unless the parts have the sizes that RSA-OAEP with AES-GCM requires.
    ///
    /// - Throws: ``KMError`` `malformedJWE`, whose detail names the part.
    package func checkSizes() throws {
        guard !places.encryptedKey.isEmpty else { throw KMError(.malformedJWE, "the encrypted key is empty") }
        guard Base64.decodedCount(places.iv.count) == AESGCM.ivByteCount else {
            throw KMError(.malformedJWE, "the initialization vector must be 12 bytes; got \(iv.count)")
        }
        guard Base64.decodedCount(places.tag.count) == AESGCM.tagByteCount else {
            throw KMError(.malformedJWE, "the authentication tag must be 16 bytes; got \(tag.count)")
        }
    }
}

extension JWECompact.Places {
    /// Finds the parts of the message in a range of a text.
    fileprivate init(_ text: Span<UInt8>, _ range: Range<Int>) throws {
        let message = text.extracting(0..<range.upperBound)
        var dots = InlineArray<4, Int>(repeating: 0)
        var (count, start) = (0, range.lowerBound)
        while let dot = message.firstIndex(of: UInt8(ascii: "."), from: start) {
            if count < 4 { dots[count] = dot }
            count += 1
            start = dot + 1
        }
        guard count == 4 else {
            throw KMError(.malformedJWE, "a JWE compact serialization must have 5 parts; got \(count + 1)")
        }
        guard dots[0] > range.lowerBound else { throw KMError(.malformedJWE, "the protected header is empty") }
        header = range.lowerBound..<dots[0]
        encryptedKey = dots[0] + 1..<dots[1]
        iv = dots[1] + 1..<dots[2]
        ciphertext = dots[2] + 1..<dots[3]
        tag = dots[3] + 1..<range.upperBound
    }
}

extension JWECompact: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The sizes of the parts, without their content.
    public var description: String {
        let sizes = [headerJSON, encryptedKey, iv, ciphertext, tag].map { "\($0.count)" }
        return "JWECompact(parts of \(sizes.joined(separator: ", ")) bytes, redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that the content is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
