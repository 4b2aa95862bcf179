internal import KMJOSE
internal import KMPrimitives

/// The sender made the MAC under another reading of the secret.
struct SecretMistake: Sendable {
    let mistake: Mistake
    private let change: @Sendable ([UInt8]) -> [UInt8]?

    var name: String { mistake.name }

    private init(_ name: String, _ advice: String, _ change: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        mistake = Mistake(name: name, advice: advice)
        self.change = change
    }

    /// The secret as it was read; nil where the mistake makes no difference.
    func apply(_ secret: SecretBytes) throws -> SecretBytes? {
        let bytes = secret.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        guard let changed = change(bytes), changed != bytes else { return nil }
        return try SecretBytes(copying: changed)
    }

    static let all = [
        SecretMistake(
            "secret-trimmed",
            "the secret was used without the white space around it: both sides must hold the same bytes"
        ) {
            let front = $0.drop { $0 <= 0x20 }
            return Array(front[..<((front.lastIndex { $0 > 0x20 } ?? front.startIndex - 1) + 1)])
        },
        SecretMistake("secret-newline", "the secret was used with the line feed at its file's end: leave it out") {
            $0 + Array("\n".utf8)
        },
        SecretMistake("secret-crlf", "the secret was used with the CRLF at its file's end: leave it out") {
            $0 + Array("\r\n".utf8)
        },
        SecretMistake("secret-quoted", "the secret was used with quotation marks around it: leave them out") {
            Array("\"".utf8) + $0 + Array("\"".utf8)
        },
        SecretMistake("secret-hex-decoded", "the secret's hexadecimal digits were decoded: use its text as it is") {
            TokenForm.bytes(ofHexadecimal: $0)
        },
        SecretMistake("secret-base64-decoded", "the secret's Base64 was decoded: use its text as it is") { secret in
            let end = secret.lastIndex { $0 != UInt8(ascii: "=") } ?? -1
            let content = Array(secret[...end])
            return Base64.standard.decode(content.span) ?? Base64.url.decode(content.span)
        },
        SecretMistake("secret-hex-encoded", "the secret was written in hexadecimal digits: use its text as it is") {
            Array(hexadecimal($0).utf8)
        },
        SecretMistake("secret-base64-encoded", "the secret was written in Base64: use its text as it is") { secret in
            var text: [UInt8] = []
            Base64.standard.append(secret.span, to: &text)
            return text + Array(repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
        },
        SecretMistake("secret-lower-case", "the secret was used in lower case: use its text as it is") {
            $0.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
        },
        SecretMistake("secret-upper-case", "the secret was used in upper case: use its text as it is") {
            $0.map { $0 &- UInt8(ascii: "a") < 26 ? $0 & 0xDF : $0 }
        },
        SecretMistake("secret-empty", "the secret was empty, as a setting that was not found is") { _ in [] },
    ]
}
