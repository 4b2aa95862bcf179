#if Sandbox
import Foundation
import KMPrimitives
import KMSecurity
import NIOCore
import NIOPosix

/// Why a tool cannot listen on its port, in words that say what to do.
enum ListeningFault {
    /// Returns the error to report for an error of the start of a server.
    ///
    /// - Parameters:
    ///   - error: The error of NIO.
    ///   - host: The address to listen on.
    ///   - port: The port to listen on.
    ///   - hasHost: Whether the command has the option `--host`.
    /// - Returns: ``KMError`` `portUnavailable`, or the error itself if it is about something else.
    static func error(_ error: any Error, host: String, port: Int, hasHost: Bool = true) -> any Error {
        let place = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        if let fault = error as? IOError {
            let (reason, advice) =
                switch fault.errnoCode {
                case EADDRINUSE:
                    ("another program uses this port", "end it, or give another --port; --port 0 takes any free one")
                case EACCES: ("ports below 1024 need a right of the system", "give a --port from 1024")
                case EADDRNOTAVAIL:
                    ("this machine does not have this address", hasHost ? "give another --host" : "give another --port")
                default:
                    (systemReason(fault.errnoCode), hasHost ? "give another --port or --host" : "give another --port")
                }
            return KMError(.portUnavailable, "cannot listen on \(place): \(reason); \(advice)")
        }
        let isUnknownName = error is SocketAddressError || error is SocketAddressError.UnknownHost
        guard isUnknownName || error is NIOConnectionError else { return error }
        return KMError(
            .portUnavailable,
            "cannot listen on \(place): --host must be a name or an address of this machine, and \(host) is not"
        )
    }
}

extension KMError.Code {
    /// The server cannot listen on its port.
    static let portUnavailable = Self("portUnavailable")
}
#endif
