#if Redis
internal import Foundation
internal import KMSecurity
internal import NIOCore

/// Writes commands as arrays of bulk strings.
enum RedisCommand {
    /// Appends a command.
    static func write(_ arguments: [String], to buffer: inout ByteBuffer) {
        buffer.writeString("*\(arguments.count)\r\n")
        for argument in arguments { buffer.writeString("$\(argument.utf8.count)\r\n\(argument)\r\n") }
    }

    /// Appends AUTH with a password, of which the buffer then has a copy.
    static func writeAuthentication(_ username: String?, _ password: SecretBytes, to buffer: inout ByteBuffer) {
        buffer.writeString(username == nil ? "*2\r\n$4\r\nAUTH\r\n" : "*3\r\n$4\r\nAUTH\r\n")
        if let username { buffer.writeString("$\(username.utf8.count)\r\n\(username)\r\n") }
        buffer.writeString("$\(password.count)\r\n")
        password.withBytes { bytes in
            for index in bytes.indices { buffer.writeInteger(bytes[index]) }
        }
        buffer.writeString("\r\n")
    }

    /// Appends the command that stores a request unless it is stored already: `SET key 1 NX PXAT time`.
    ///
    /// - Parameters:
    ///   - key: The request.
    ///   - prefix: What ``claimPrefix(_:)`` returned.
    ///   - milliseconds: The time at which Redis erases the request, in milliseconds since 1970.
    ///   - buffer: The buffer.
    static func writeClaim(
        _ key: ReplayKey,
        _ prefix: String,
        until milliseconds: Int64,
        to buffer: inout ByteBuffer
    ) {
        buffer.writeString(prefix)
        let words = key.wordsOfDigest
        for index in 0..<4 {
            for shift in stride(from: 56, through: 0, by: -8) {
                let byte = UInt8(truncatingIfNeeded: words[index] >> UInt64(shift))
                buffer.writeInteger(digit(byte >> 4))
                buffer.writeInteger(digit(byte & 15))
            }
        }
        let time = String(milliseconds)
        buffer.writeString("\r\n$1\r\n1\r\n$2\r\nNX\r\n$4\r\nPXAT\r\n$\(time.utf8.count)\r\n\(time)\r\n")
    }

    /// The part of a claim's command before the key's digits.
    static func claimPrefix(_ prefix: String) -> String {
        "*6\r\n$3\r\nSET\r\n$\(prefix.utf8.count + 64)\r\n\(prefix)"
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension Duration {
    /// The time in milliseconds, rounded down.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// The time for an event loop.
    var timeAmount: TimeAmount { .milliseconds(milliseconds) }

    /// The time in seconds.
    var seconds: Double { Double(milliseconds) / 1000 }
}

extension Date {
    /// The time in milliseconds since 1970, from 1 to the end of the year 9999; not a number counts as the past.
    var milliseconds: Int64 {
        let milliseconds = timeIntervalSince1970 * 1000
        return milliseconds.isNaN ? 1 : Int64(min(max(milliseconds.rounded(.up), 1), 253_402_300_799_000))
    }
}
#endif
