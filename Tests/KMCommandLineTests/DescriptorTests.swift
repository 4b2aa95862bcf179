import Foundation
import Glibc
import KMCommandLine
import Testing

@Suite struct DescriptorTests {
    /// Returns the two ends of a pipe, both non-blocking.
    private static func pipe() throws -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        for end in ends { try #require(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
        return (Descriptor(number: ends[0], name: "read end"), Descriptor(number: ends[1], name: "write end"))
    }

    private static let message = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    /// Writes on a separate thread, because reading and writing wait on the thread that calls them.
    private static func write(_ parts: [ArraySlice<UInt8>], to target: Descriptor) {
        Thread.detachNewThread {
            for part in parts {
                Thread.sleep(forTimeInterval: 0.02)
                try? Streams.write(part.span, to: target)
            }
            target.close()
        }
    }

    @Test("A non-blocking pipe with a slow reader receives every byte")
    func writeToNonBlockingPipe() throws {
        let (source, target) = try Self.pipe()
        Self.write([Self.message[...]], to: target)
        Thread.sleep(forTimeInterval: 0.1)
        var received: [UInt8] = []
        try source.readParts(byteCount: 1000) { part in
            for index in part.indices { received.append(part[index]) }
        }
        source.close()
        #expect(received == Self.message)
    }

    @Test("Reading waits for a non-blocking pipe that is empty for a while")
    func readFromNonBlockingPipe() throws {
        let (source, target) = try Self.pipe()
        Self.write((0..<4).map { Self.message[$0 * 1000..<($0 + 1) * 1000] }, to: target)
        var received: [UInt8] = []
        try source.readParts { part in
            for index in part.indices { received.append(part[index]) }
        }
        source.close()
        #expect(received == Array(Self.message.prefix(4000)))
    }
}
