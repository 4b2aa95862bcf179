import Glibc

/// A stream socket of the Unix domain that carries frames: four bytes with the size (big-endian), then the bytes.
struct Channel: Sendable {
    /// The other process is gone, or the frame was cut off.
    struct Broken: Error {}

    let descriptor: Int32

    /// Connects to a listening process.
    static func connect(_ path: String) throws -> Channel {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Broken() }
        guard unsafe address(path, { unsafe Glibc.connect(descriptor, $0, $1) }) == 0 else {
            Glibc.close(descriptor)
            throw Broken()
        }
        return Channel(descriptor: descriptor)
    }

    /// Listens, and calls `serve` with each connection, forever.
    static func listen(_ path: String, _ serve: (Channel) -> Void) throws {
        unsafe unlink(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0, unsafe address(path, { unsafe bind(descriptor, $0, $1) }) == 0,
            Glibc.listen(descriptor, 64) == 0
        else { throw Broken() }
        while true {
            let connection = accept(descriptor, nil, nil)
            if connection >= 0 { serve(Channel(descriptor: connection)) }
        }
    }

    func close() { Glibc.close(descriptor) }

    /// Sends a frame.
    func send(_ bytes: [UInt8]) throws {
        let frame = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) } + bytes
        var sent = 0
        while sent < frame.count {
            let count = unsafe frame.withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor,
                    $0.baseAddress?.advanced(by: sent),
                    frame.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 || errno == EINTR else { throw Broken() }
            sent += max(0, count)
        }
    }

    /// Waits for a frame.
    func receive() throws -> [UInt8] {
        let size = try read(4).reduce(0) { $0 << 8 | Int($1) }
        guard size <= 1 << 20 else { throw Broken() }
        return try read(size)
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let part = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress?.advanced(by: got), count - got)
            }
            guard part > 0 || (part < 0 && errno == EINTR) else { throw Broken() }
            got += max(0, part)
        }
        return bytes
    }

    private static func address(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return -1 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
