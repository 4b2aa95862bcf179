internal import KMJOSE
internal import KMPrimitives

/// Explains why decrypted bytes are not JSON, without showing any of them.
enum PlaintextExamination {
    /// Returns the fault of a plaintext that a receiver rejected with `error`.
    static func fault(_ plaintext: [UInt8], _ error: KMError) -> Fault {
        let (cause, found) = cause(plaintext)
        return Fault(error.code, "decrypted bytes that are not accepted: \(found ?? error.detail)", cause)
    }

    private static func cause(_ plaintext: [UInt8]) -> (CallCause, String?) {
        if plaintext.starts(with: [0xEF, 0xBB, 0xBF]) { return (.plaintextMark, "UTF-8 with a byte order mark") }
        if plaintext.starts(with: [0x1F, 0x8B]) { return (.plaintextCompressed, "gzip") }
        if plaintext.count > 2, plaintext[0] == 0x78, [0x01, 0x5E, 0x9C, 0xDA].contains(plaintext[1]) {
            return (.plaintextCompressed, "zlib")
        }
        if isJWE(plaintext) { return (.encryptedTwice, "another JWE") }
        if plaintext.count > 3, plaintext[0] == 0 || plaintext[1] == 0 || plaintext.starts(with: [0xFF, 0xFE]) {
            return (.plaintextEncoded, "UTF-16")
        }
        if JWEFault.isEncodedJSON(plaintext) { return (.plaintextEncoded, "Base64 of JSON") }
        if isJSONInOtherEncoding(plaintext) {
            return (.plaintextNotUTF8, "JSON in another encoding than UTF-8, such as Latin-1 or EUC-KR")
        }
        return (.plaintextNotJSON, nil)
    }

    /// Returns whether a text is JSON in an encoding that extends ASCII, but not in UTF-8.
    private static func isJSONInOtherEncoding(_ text: [UInt8]) -> Bool {
        guard String(validating: text, as: UTF8.self) == nil else { return false }
        return JSONMembers(text.map { $0 < 0x80 ? $0 : UInt8(ascii: "x") }) != nil
    }

    /// Returns whether a text has the form of a JWE.
    static func isJWE(_ text: [UInt8]) -> Bool {
        (try? JWECompact(decoding: text.span, policy: .standard)) != nil
    }
}
