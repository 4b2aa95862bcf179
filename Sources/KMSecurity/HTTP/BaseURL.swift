internal import Foundation
internal import KMPrimitives

/// The place of an API: scheme, host, port and base path, such as `https://api.example.com/open-api`.
public struct BaseURL: Sendable, Hashable {
    /// `https`, or `http` for ``init(insecure:)``.
    public let scheme: String
    /// The host, and the port if the URL names one.
    public let authority: String
    /// The path that all endpoints are below, without a slash at its end; may be empty.
    public let path: String

    /// Creates a base URL from an `https` URL.
    ///
    /// - Throws: ``KMError`` `configurationInvalid` if it is not an absolute URL with `https`, or if it has a user, a
    ///   query or a fragment.
    public init(_ url: String) throws {
        try self.init(url, schemes: ["https"])
    }

    /// Creates a base URL that may also have the scheme `http`, for tests on one machine.
    ///
    /// Without TLS, nothing proves who answers, and the headers and all plain parameters can be read on the way.
    ///
    /// - Throws: ``KMError`` as ``init(_:)``.
    public init(insecure url: String) throws {
        try self.init(url, schemes: ["https", "http"])
    }

    private init(_ url: String, schemes: [String]) throws {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            schemes.contains(scheme), let host = parts.percentEncodedHost, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else {
            throw KMError(
                .configurationInvalid,
                "a base URL must be \(schemes.joined(separator: " or "))://HOST[:PORT][/PATH] without user, query and "
                    + "fragment"
            )
        }
        self.scheme = scheme
        authority = host + (parts.port.map { ":\($0)" } ?? "")
        var path = parts.percentEncodedPath[...]
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
    }

    /// Whether a text can be the query of a URL.
    static func isQuery(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
    }
}
