internal import KMPrimitives
internal import KMSecurity

extension PAR {
    /// Makes a PAR with a random reference: 25 characters, each of the 36 equally likely.
    ///
    /// - Parameter prefix: The first two or four characters.
    /// - Returns: The PAR.
    /// - Throws: ``KMError`` `cryptographyUnavailable` if OpenSSL has no random bytes.
    static func random(_ prefix: Prefix) throws -> PAR {
        var text = prefix.description
        let count = text.utf8.count + referenceCharacterCount
        while text.utf8.count < count {
            // 252 is the largest multiple of 36 in a byte; greater bytes would favor some characters.
            for byte in try SecureRandom.bytes(32) where byte < 252 && text.utf8.count < count {
                let digit = byte % 36
                text.unicodeScalars.append(Unicode.Scalar(digit < 10 ? 48 + digit : 55 + digit))
            }
        }
        return try PAR(text)
    }
}
