internal import Foundation
internal import KMPrimitives
package import KMSecurity

/// Writes output, and defines the size limits of input.
package enum Streams {
    /// The largest input of a command, in bytes: the size of the largest accepted body.
    package static let maximumByteCount = 64 << 20

    package static var limits: ParameterLimits { ParameterLimits(maximumBodyByteCount: maximumByteCount) }

    /// Writes bytes to standard output, without adding anything.
    package static func write(_ bytes: [UInt8]) throws {
        try write(bytes.span, to: .standardOutput)
    }

    /// Writes bytes to a descriptor, without adding anything.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`, or `CancellationError` after a request to stop.
    package static func write(_ bytes: Span<UInt8>, to descriptor: Descriptor) throws {
        guard let failure = descriptor.write(bytes).failure else { return }
        guard failure != 0 else { throw CancellationError() }
        throw KMError(.fileUnwritable, "\(descriptor.name): \(systemReason(failure))")
    }

    /// Writes a line for people to standard output, without control characters; see ``Terminal/printable(_:)``.
    package static func writeLine(_ text: String) throws {
        try write(Array("\(Terminal.printable(text))\n".utf8))
    }

    /// Writes a value as JSON with sorted members to standard output.
    package static func writeJSON(_ value: some Encodable) throws {
        try write(json(value))
    }

    /// Encodes a value as JSON with sorted members, times in ISO 8601, and a line feed at its end.
    package static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}
