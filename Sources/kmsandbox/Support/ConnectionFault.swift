#if Sandbox
import Foundation
import KMSecurity

/// Why a connection to a server failed, in words that say what to do.
///
/// AsyncHTTPClient and NIO describe the errors of sockets and of TLS by their types and by places in source files.
struct ConnectionFault {
    /// What happened, such as `nothing listens at 127.0.0.1:8080`.
    let reason: String
    /// What to do.
    let advice: String

    private init(reason: String, advice: String) { (self.reason, self.advice) = (reason, advice) }

    /// Creates a description from an error of a transport.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - scheme: The scheme of the URL, `http` or `https`.
    ///   - authority: The host and the port.
    ///   - option: What the URL comes from, such as `--url`.
    init(_ error: any Error, scheme: String, authority: String, option: String) {
        if let error = error as? KMError, error.code == .limitExceeded {
            self.init(reason: "the answer is too large: \(error.detail)", advice: "send a smaller answer")
            return
        }
        let transport = error as? HTTPTransportError
        if transport?.reason == .deadlineExceeded {
            self.init(
                reason: "\(authority) gave no answer in time",
                advice: "read the server's log, or allow more time"
            )
            return
        }
        let detail = transport?.detail ?? (error as? KMError)?.detail ?? ""
        self.init(detail, scheme: scheme, authority: authority, option: option)
    }

    /// Creates a description from the detail of a transport's error.
    ///
    /// - Parameters:
    ///   - detail: The detail of an ``HTTPTransportError``, or of a ``KMError`` that has it.
    ///   - scheme: The scheme of the URL, `http` or `https`.
    ///   - authority: The host and the port.
    ///   - option: What the URL comes from, such as `--url`.
    init(_ detail: String, scheme: String, authority: String, option: String) {
        let text = detail.lowercased()
        func has(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        (reason, advice) =
            switch true {
            case has("errno: \(ECONNREFUSED)"):
                (
                    "nothing listens at \(authority)",
                    "start the server, or correct the host and the port in \(option)"
                )
            case has("nioconnectionerror", "unknownhost", "name or service not known", "dns"):
                (
                    "\(authority) cannot be reached: its name is unknown, or no address answers",
                    "correct the host and the port in \(option)"
                )
            case has("wrong_version_number", "wrong version number", "http_request", "packet_length_too_long"):
                (
                    "\(authority) does not speak TLS",
                    "begin \(option) with http:// if that is what the server speaks, or correct the port"
                )
            case has("certificate_verify_failed", "unabletovalidate", "failedtovalidate", "certificate verify"):
                (
                    "the TLS certificate of \(authority) is not trusted, or is for another host",
                    "give the certificate of its issuer with --ca FILE, and the host name that the certificate has"
                )
            case has("handshakefailed", "tlshandshaketimeout", "tls handshake", "uncleanshutdown") && scheme == "https":
                (
                    "the TLS handshake with \(authority) failed",
                    "check that the server speaks TLS at this port; if it does not, begin \(option) with http://"
                )
            case has("connecttimeout", "connect timeout"):
                (
                    "\(authority) did not accept a connection in time",
                    "check the host, the port and the firewall between both machines"
                )
            case has("remote connection closed", "remoteconnectionclosed", "errno: \(ECONNRESET)", "parser"):
                (
                    "\(authority) closed the connection without an HTTP answer",
                    scheme == "http"
                        ? "if the server speaks TLS, begin \(option) with https://; otherwise read the server's log"
                        : "read the server's log"
                )
            case has("deadline"): ("\(authority) gave no answer in time", "read the server's log, or allow more time")
            default: ("the connection to \(authority) failed", "check \(option), and that the server runs")
            }
    }
}
#endif
