internal import KMJOSE
internal import KMWire

/// How a token's text is formed, rightly or by a known mistake.
struct TokenForm: Sendable {
    let mistake: Mistake
    /// The MAC's bytes, where the text has this form.
    private let decode: @Sendable ([UInt8]) -> [UInt8]?

    /// The right form comes first, and has no name.
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

    /// The MAC may be right; what stands before it is not, and no server takes the token.
    static let frame = Mistake(
        name: "token-frame",
        advice: "write KMV1:, 17 digits of time (yyyyMMddHHmmssSSS) and a colon before the MAC"
    )

    private init(_ name: String, _ advice: String, _ decode: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        mistake = Mistake(name: name, advice: advice)
        self.decode = decode
    }

    /// Takes a token apart as far as it can be, white space around it let be, and tells what is wrong with its form.
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

    /// The bytes that pairs of hexadecimal digits stand for.
    static func bytes(ofHexadecimal text: [UInt8]) -> [UInt8]? {
        guard !text.isEmpty, text.count.isMultiple(of: 2), text.allSatisfy(\.isHexadecimal) else { return nil }
        return stride(from: 0, to: text.count, by: 2).compactMap {
            UInt8(String(decoding: text[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }
}
