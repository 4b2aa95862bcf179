internal import KMJOSE
internal import KMPrimitives
internal import KMWire

/// A way to write the MAC in a token, either the correct one or a known mistake.
struct TokenForm: Sendable {
    let mistake: Mistake
    /// Returns the bytes of the MAC, or nil if the text does not have this form.
    private let decode: @Sendable ([UInt8]) -> [UInt8]?

    /// All forms; the correct form comes first and has no name.
    static let all = [
        TokenForm("", "") { text in
            var text = text
            if text.count == 44, text.last == UInt8(ascii: "=") { text.removeLast() }
            return Base64.standard.decode(text.span)
        },
        TokenForm("mac-hex", "write the MAC in Base64, not in hexadecimal digits") { bytes(ofHexadecimal: $0) },
        TokenForm("mac-base64url", "write the MAC in the standard Base64 alphabet, with + and /") { text in
            let end = text.lastIndex { $0 != UInt8(ascii: "=") } ?? -1
            let content = Array(text[...end])
            return Base64.url.decode(content.span)
        },
        TokenForm("mac-base64-of-hex", "encode the MAC's 32 bytes in Base64, not their hexadecimal digits") { text in
            let end = text.lastIndex { $0 != UInt8(ascii: "=") } ?? -1
            let content = Array(text[...end])
            return Base64.standard.decode(content.span).flatMap { bytes(ofHexadecimal: $0) }
        },
    ]

    /// A mistake in what comes before the MAC, because of which every server rejects the token.
    static let frame = Mistake(
        name: "token-frame",
        advice: "write KMV1:, 17 digits of time (yyyyMMddHHmmssSSS) and a colon before the MAC"
    )

    private init(_ name: String, _ advice: String, _ decode: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        mistake = Mistake(name: name, advice: advice)
        self.decode = decode
    }

    /// Splits a token into time and MAC as far as possible, and reports the mistakes in its form.
    ///
    /// White space around the token is ignored. The result is nil if there is no MAC of 32 bytes in any known form.
    static func read(_ token: String) -> (mistakes: [Mistake], time: [UInt8], mac: [UInt8])? {
        let text = Array(token.utf8).drop { $0 <= 0x20 }
        let end = text.lastIndex { $0 > 0x20 } ?? text.startIndex - 1
        let parts = text[..<(end + 1)].split(
            separator: UInt8(ascii: ":"),
            maxSplits: 2,
            omittingEmptySubsequences: false
        )
        guard let macText = parts.last else { return nil }
        let time = parts.count > 1 ? Array(parts[parts.count - 2]) : []
        let isFramed =
            parts.count == 3 && parts[0].elementsEqual("KMV1".utf8) && time.count == 17
            && CivilTime(digits: time.span) != nil
        for form in all {
            guard let mac = form.decode(Array(macText)), mac.count == 32 else { continue }
            let mistakes = (isFramed ? [] : [frame]) + (form.mistake.name.isEmpty ? [] : [form.mistake])
            return (mistakes, time, mac)
        }
        return nil
    }

    /// Returns the MAC of a token that has the size of HMAC with another hash than SHA-256; nil if it has none of them.
    static func readOtherSize(_ token: String) -> (made: MistakenMAC, mac: [UInt8])? {
        let text = token.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).last ?? [][...]
        let content = text.filter { $0 > 0x20 && $0 != UInt8(ascii: "=") }
        // 32 bytes in hexadecimal could also be 48 bytes in Base64.
        guard content.count <= 2 * MistakenMAC.hmacSHA512.byteCount, read(token) == nil else { return nil }
        let forms = [
            bytes(ofHexadecimal: content), Base64.standard.decode(content.span), Base64.url.decode(content.span),
        ]
        for case let mac? in forms {
            if let made = MistakenMAC.allCases.first(where: { $0.byteCount == mac.count }) { return (made, mac) }
        }
        return nil
    }

    /// Decodes pairs of hexadecimal digits, or returns nil if the text is anything else.
    static func bytes(ofHexadecimal text: [UInt8]) -> [UInt8]? {
        guard !text.isEmpty, text.count.isMultiple(of: 2), text.allSatisfy(\.isHexadecimal) else { return nil }
        return stride(from: 0, to: text.count, by: 2).compactMap {
            UInt8(String(decoding: text[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }
}
