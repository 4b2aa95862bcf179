internal import Foundation
internal import KMJOSE
internal import KMJSON
internal import KMSecurity

/// A mistake in which the sender computed the MAC over other bytes than it sent.
struct BodyMistake: Sendable {
    let mistake: Mistake
    /// Returns the bytes that a sender with this mistake signs instead of the body, or nil if the mistake does not
    /// apply.
    private let change: @Sendable ([UInt8]) -> [UInt8]?

    var name: String { mistake.name }

    private init(_ name: String, _ advice: String, _ change: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
        mistake = Mistake(name: name, advice: advice)
        self.change = change
    }

    /// Returns the bytes that a sender with this mistake signs, or nil if they do not differ from `body`.
    func apply(_ body: [UInt8]) -> [UInt8]? {
        guard let changed = change(body), changed != body else { return nil }
        return changed
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    static let all = [
        BodyMistake(
            "body-newline-removed",
            "the received body ends in a newline that was not signed: sign the bytes that you send"
        ) {
            $0.last == UInt8(ascii: "\n") ? $0.dropLast($0.suffix(2) == Array("\r\n".utf8) ? 2 : 1) + [] : nil
        },
        BodyMistake(
            "body-newline-added",
            "a newline (LF) after the body was signed but not sent: sign the bytes that you send"
        ) {
            $0 + Array("\n".utf8)
        },
        BodyMistake("body-crlf-added", "a CRLF after the body was signed but not sent: sign the bytes that you send") {
            $0 + Array("\r\n".utf8)
        },
        BodyMistake("body-lf-for-crlf", "line ends were changed from LF to CRLF after signing: send the signed bytes") {
            replace($0, "\r\n", "\n")
        },
        BodyMistake("body-crlf-for-lf", "line ends were changed from CRLF to LF after signing: send the signed bytes") {
            replace($0.filter { $0 != UInt8(ascii: "\r") }, "\n", "\r\n")
        },
        BodyMistake("body-bom-added", "a byte order mark was signed but not sent: write UTF-8 without one") {
            byteOrderMark + $0
        },
        BodyMistake("body-bom-removed", "a byte order mark was sent but not signed: write UTF-8 without one") {
            $0.starts(with: byteOrderMark) ? Array($0.dropFirst(3)) : nil
        },
        BodyMistake(
            "body-json-compacted",
            "the JSON was signed without white space but sent with it: serialize it only once"
        ) {
            layout($0, JSONLayout(separator: ",", colon: ":"))
        },
        BodyMistake(
            "body-json-spaced",
            "the JSON was signed with a space after commas and colons, but not sent like that: serialize it only once"
        ) {
            layout($0, JSONLayout(separator: ", ", colon: ": "))
        },
        BodyMistake(
            "body-json-indented-2",
            "the JSON was signed with an indent of two spaces, but not sent like that: serialize it only once"
        ) {
            layout($0, JSONLayout(separator: ",", colon: ": ", indent: "  "))
        },
        BodyMistake(
            "body-json-indented-4",
            "the JSON was signed with an indent of four spaces, but not sent like that: serialize it only once"
        ) {
            layout($0, JSONLayout(separator: ",", colon: ": ", indent: "    "))
        },
        BodyMistake(
            "body-json-sorted",
            "the JSON was signed with sorted members, but not sent like that: serialize it only once"
        ) {
            try? JSONSorting.apply($0)
        },
        BodyMistake(
            "body-slashes-escaped",
            "the JSON was signed with \\/ for slashes but sent with /: serialize it only once"
        ) {
            replace(replace($0, "\\/", "/") ?? $0, "/", "\\/")
        },
        BodyMistake(
            "body-slashes-unescaped",
            "the JSON was signed with / for slashes but sent with \\/: serialize it only once"
        ) {
            replace($0, "\\/", "/")
        },
        BodyMistake(
            "body-non-ascii-escaped",
            "the JSON was signed with \\u escapes but sent in UTF-8: serialize it only once"
        ) {
            escapingNonASCII($0)
        },
        BodyMistake("body-base64", "the Base64 text of the body was signed: sign the bytes of the body") {
            Array(Data($0).base64EncodedString().utf8)
        },
        BodyMistake("body-hex", "the hexadecimal digits of the body were signed: sign the bytes of the body") {
            Array(hexadecimal($0).utf8)
        },
        BodyMistake("body-encdata-alone", "only the value of encData was signed: sign the whole body") {
            try? EncryptedBody.message(of: $0)
        },
        BodyMistake(
            "body-json-string",
            "the body was quoted as a JSON string and then signed: sign the bytes of the body"
        ) {
            var quoted: [UInt8] = []
            JSONString.append(utf8: $0, to: &quoted)
            return quoted
        },
        BodyMistake(
            "body-utf-16",
            "the body was signed in UTF-16 (little endian) but sent in UTF-8: sign the bytes that you send"
        ) {
            String(validating: $0, as: UTF8.self).map { $0.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
        },
        BodyMistake("body-empty", "nothing was signed: sign the body as the last step before you send it") { _ in [] },
        BodyMistake("body-null", "the text null was signed: sign the body as the last step before you send it") { _ in
            Array("null".utf8)
        },
        BodyMistake("body-empty-object", "the text {} was signed: sign the body as the last step before you send it") {
            _ in
            Array("{}".utf8)
        },
    ]

    private static func replace(_ body: [UInt8], _ old: String, _ new: String) -> [UInt8]? {
        let pattern = Array(old.utf8)
        var result: [UInt8] = []
        var at = 0
        while at < body.count {
            if body[at...].starts(with: pattern) {
                result += new.utf8
                at += pattern.count
            } else {
                result.append(body[at])
                at += 1
            }
        }
        return result
    }

    private static func layout(_ body: [UInt8], _ layout: JSONLayout) -> [UInt8]? { try? layout.apply(body) }

    private static func escapingNonASCII(_ body: [UInt8]) -> [UInt8]? {
        String(validating: body, as: UTF8.self).map { text in
            text.utf16.flatMap { unit -> [UInt8] in
                guard unit >= 0x80 else { return [UInt8(unit)] }
                return Array("\\u\(hexadecimal([UInt8(unit >> 8), UInt8(unit & 0xFF)]))".utf8)
            }
        }
    }
}
