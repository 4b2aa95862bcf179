package import Foundation
internal import KMJSON
internal import KMPrimitives

/// The audit log of a keyring file: one line of JSON for each change, in the file `FILE.log`.
///
/// Each line holds the SHA-256 of the line before and an HMAC-SHA-256 under the key in the sealed part of the keyring
/// file. The keyring file holds the end of the log. So no line can be changed, moved or removed unnoticed, at the end
/// either. The line is on the disk before the keyring file changes; a process that is killed between the two leaves
/// one line too many, which the next change replaces.
package enum KeyringLog {
    /// The end of the log that belongs to a generation of the keyring file.
    package struct End: Sendable, Equatable {
        package let lineCount: Int
        package let byteCount: Int
        /// The SHA-256 of the last line without its line end; zeros for an empty log.
        let digest: [UInt8]

        package init(lineCount: Int, byteCount: Int, digest: [UInt8]) {
            (self.lineCount, self.byteCount, self.digest) = (lineCount, byteCount, digest)
        }

        static let empty = End(lineCount: 0, byteCount: 0, digest: [UInt8](repeating: 0, count: 32))
    }

    /// A line of the log.
    package struct Entry: Sendable {
        package let line: Int
        package let generation: Int
        package let time: Date
        package let by: String
        package let action: String
        package let keyID: String?
        package let from: String?
        package let to: String?
        package let reason: String
    }

    /// The result of a check.
    package struct Report: Sendable {
        package let entries: [Entry]
        /// Whether a line follows that belongs to a change which did not happen.
        package let hasUnfinishedLine: Bool
    }

    /// Returns the line for a change and the end of the log after it.
    static func line(
        _ change: KeyringFile.Change,
        generation: Int,
        after end: End,
        at date: Date,
        by author: String,
        reason: String,
        key: SecretBytes
    ) throws -> (line: [UInt8], end: End) {
        var members: [(String, String?)] = [
            ("line", "\(end.lineCount + 1)"), ("generation", "\(generation)"), ("time", quoted(KeyringTime.text(date))),
            ("by", quoted(author)), ("action", quoted(change.action)), ("key", change.id.map { quoted($0.text) }),
            ("from", change.from.map { quoted($0.rawValue) }), ("to", change.to.map { quoted($0.rawValue) }),
            ("reason", reason.isEmpty ? nil : quoted(reason)), ("previous", quoted(hexadecimal(end.digest))),
        ]
        members.removeAll { $0.1 == nil }
        var line = Array("{\(members.map { "\"\($0)\": \($1 ?? "")" }.joined(separator: ", "))".utf8)
        let mac = try HMACSHA256(key: key).authenticate(line.span)
        line += Array(", \"mac\": \"\(mac.withBytes { hexadecimal([UInt8](copying: $0)) })\"}".utf8)
        let next = End(
            lineCount: end.lineCount + 1,
            byteCount: end.byteCount + line.count + 1,
            digest: try SHA256.digest(line)
        )
        return (line + [UInt8(ascii: "\n")], next)
    }

    /// Checks all lines of a log.
    ///
    /// - Parameters:
    ///   - bytes: The bytes of the log.
    ///   - end: The end that the keyring file holds.
    ///   - key: The key of the log.
    /// - Returns: The lines, and whether one follows that belongs to no change.
    /// - Throws: ``KMError`` `keyringLogInvalid`, with the number of the first line that does not fit.
    @discardableResult
    package static func verify(_ bytes: [UInt8], _ end: End, key: SecretBytes) throws -> Report {
        let hmac = try HMACSHA256(key: key)
        var (entries, previous, position): ([Entry], [UInt8], Int) = ([], End.empty.digest, 0)
        while entries.count < end.lineCount {
            let number = entries.count + 1
            guard let newline = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
                throw invalid(
                    "line \(number) is missing: the keyring file belongs to a log of \(counted(end.lineCount, "line")), and "
                        + "the end is cut off"
                )
            }
            let line = Array(bytes[position..<newline])
            entries.append(try entry(line, number, previous, hmac))
            previous = try SHA256.digest(line)
            position = newline + 1
        }
        guard previous == end.digest, position == end.byteCount else {
            throw invalid("line \(entries.count) is not the one that the keyring file names as the last")
        }
        return Report(entries: entries, hasUnfinishedLine: position < bytes.count)
    }

    private static func entry(_ line: [UInt8], _ number: Int, _ previous: [UInt8], _ hmac: HMACSHA256) throws -> Entry {
        // The MAC covers the line up to its own member, which has a fixed size.
        let suffix = Array(", \"mac\": \"".utf8).count + 64 + 2
        guard line.count > suffix else { throw invalid("line \(number) is too short") }
        var reader = StrictJSONReader(line, code: .keyringLogInvalid, maximumDepth: 1)
        var texts: [String: String] = [:]
        var integers: [String: Int] = [:]
        do {
            try reader.file("a line") { reader, name in
                switch name {
                case "line", "generation": integers[name] = try reader.integer(name)
                case "time", "by", "action", "key", "from", "to", "reason", "previous", "mac":
                    texts[name] = try reader.string(name)
                default: throw reader.unknown()
                }
            }
        } catch let error as KMError {
            throw invalid("line \(number) cannot be read: \(error.detail)")
        }
        let macBytes = texts["mac"].flatMap(digest) ?? []
        guard let mac = HMACSHA256.MAC(macBytes.span),
            try hmac.isValid(mac, for: line.span.extracting(..<(line.count - suffix)))
        else {
            throw invalid("line \(number) was changed, or belongs to another keyring file: its MAC does not fit")
        }
        guard integers["line"] == number, texts["previous"].flatMap(digest) == previous else {
            throw invalid("line \(number) does not follow the line before it: a line is missing, added or moved")
        }
        guard let generation = integers["generation"], let time = texts["time"].flatMap(KeyringTime.date),
            let author = texts["by"], let action = texts["action"]
        else { throw invalid("line \(number) lacks a member") }
        return Entry(
            line: number,
            generation: generation,
            time: time,
            by: author,
            action: action,
            keyID: texts["key"],
            from: texts["from"],
            to: texts["to"],
            reason: texts["reason"] ?? ""
        )
    }

    /// Returns the 32 bytes of 64 lower-case hexadecimal digits; nil for another text.
    static func digest(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64, digits.allSatisfy({ $0.isDigit || (0x61...0x66).contains($0) }) else { return nil }
        return stride(from: 0, to: 64, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }

    private static func value(_ digit: UInt8) -> UInt8 { digit.isDigit ? digit - 0x30 : digit - 0x61 + 10 }

    private static func invalid(_ detail: String) -> KMError { KMError(.keyringLogInvalid, detail) }
}

extension KMError.Code {
    /// The audit log of a keyring file is incomplete or was changed.
    public static let keyringLogInvalid = Self("keyringLogInvalid")
}
