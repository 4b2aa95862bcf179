import Foundation
import KMPrimitives
import KMSecurity

/// Standard input and output, as bytes.
enum Streams {
    /// The most that is read: as much as the largest body that is taken.
    static let maximumByteCount = 64 << 20

    /// All of standard input.
    static func readAll() throws -> [UInt8] {
        var bytes: [UInt8] = []
        func part() throws -> Data? {
            try naming("standard input", .fileUnreadable) { try FileHandle.standardInput.read(upToCount: 1 << 16) }
        }
        while let part = try part(), !part.isEmpty {
            bytes += part
            guard bytes.count <= maximumByteCount else {
                throw KMError(.limitExceeded, "standard input has more than \(maximumByteCount) bytes")
            }
        }
        return bytes
    }

    /// Calls `body` with one part after another of a file, or of standard input where `path` is `-`.
    static func readParts(of path: String, _ body: (Data) throws -> Void) throws {
        let input =
            try path == "-"
            ? FileHandle.standardInput
            : naming(path, .fileUnreadable) { try FileHandle(forReadingFrom: URL(filePath: path)) }
        let name = path == "-" ? "standard input" : path
        while let part = try naming(name, .fileUnreadable, { try input.read(upToCount: 1 << 20) }), !part.isEmpty {
            try body(part)
        }
    }

    /// Writes data: these bytes and nothing else.
    static func write(_ bytes: [UInt8]) throws {
        try naming("standard output", .fileUnwritable) {
            try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        }
    }

    /// Writes a line.
    static func writeLine(_ text: String) throws {
        try write(Array("\(text)\n".utf8))
    }

    /// Writes a value as JSON, its members sorted.
    static func writeJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try writeLine(String(decoding: encoder.encode(value), as: UTF8.self))
    }

    /// Foundation's errors in the words of the tool's own.
    private static func naming<Result>(
        _ stream: String,
        _ code: KMError.Code,
        _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let reason = cause.map { systemReason(Int32(truncatingIfNeeded: $0.code)) }
            throw KMError(code, "\(stream): \(reason ?? "unknown error")")
        }
    }

    static var limits: ParameterLimits { ParameterLimits(maximumBodyByteCount: maximumByteCount) }
}
