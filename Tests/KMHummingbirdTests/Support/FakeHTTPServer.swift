#if Hummingbird && AsyncHTTPClient
import Foundation

/// A server that sends given bytes for each connection, 50 ms apart; an empty part closes it.
final class FakeHTTPServer: Sendable {
    let port: Int
    private let descriptor: Int32

    init(_ parts: [String]) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, pointer, &size) == 0
            }
        }
        guard isListening else { throw CocoaError(.fileReadUnknown) }
        port = Int(in_port_t(bigEndian: address.sin_port))
        Thread.detachNewThread {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { Self.serve(connection, parts) }
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func serve(_ connection: Int32, _ parts: [String]) {
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        guard unsafe recv(connection, &buffer, buffer.count, 0) > 0 else { return }
        for part in parts {
            let bytes = Array(part.utf8)
            guard !bytes.isEmpty, unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
            usleep(50_000)
        }
        // The peer closes.
        while unsafe recv(connection, &buffer, buffer.count, 0) > 0 {}
    }
}
#endif
