#if Hummingbird && AsyncHTTPClient
import Foundation
import KMSecurity

/// A TCP connection to a server on loopback, for requests that no HTTP client sends.
final class RawConnection: Sendable {
    struct Failure: Error {}

    private let descriptor: Int32

    init(_ port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, size)
            }
        }
        guard result == 0 else { throw Failure() }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        guard
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
                == 0
        else { throw Failure() }
    }

    deinit { close(descriptor) }

    /// Sends bytes; false if the peer has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { buffer in
                unsafe Foundation.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Ends the sending direction.
    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Receives the first line of a response; nil if the peer closes before, or sends nothing for a minute.
    func statusLine() async -> String? { await receive { $0.contains(0x0A) }.flatMap(Self.firstLine) }

    /// Waits until the peer closes; false if it does not within a minute.
    func waitForClose() async -> Bool { await receive { _ in false } != nil }

    private static func firstLine(_ bytes: [UInt8]) -> String? {
        guard let end = bytes.firstIndex(of: 0x0D) else { return nil }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// Receives until `isEnough`, or until the peer closes; nil after a minute without either.
    private func receive(_ isEnough: @escaping @Sendable ([UInt8]) -> Bool) async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            // The socket blocks, so it must not be read on a thread of the concurrency pool.
            Thread.detachNewThread { [self] in
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while !isEnough(bytes) {
                    let count = unsafe buffer.withUnsafeMutableBytes {
                        unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
                    }
                    if count < 0, errno == EAGAIN {
                        continuation.resume(returning: nil)
                        return
                    }
                    if count <= 0 { break }
                    bytes += buffer[..<count]
                }
                continuation.resume(returning: bytes)
            }
        }
    }
}

/// Returns the head of a request to the documented endpoint, with the given fields.
func head(_ fields: String...) -> String {
    let lines = ["POST /api/v1/issued-cards/pre-issue/waiting/physical HTTP/1.1", "Host: localhost"] + fields
    return lines.map { "\($0)\r\n" }.joined() + "\r\n"
}
#endif
