#if Sandbox
import KMCommandLine
import KMPrimitives
import KMSecurity

/// The base URL of an API, such as `https://HOST/open-api`.
struct APIBase: Sendable {
    /// `http` or `https`.
    let scheme: String
    /// The host, and the port if it is not the scheme's own.
    let authority: String
    /// The path that all endpoints are below, without a slash at its end; empty for none.
    let path: String

    /// Parses a base URL.
    ///
    /// - Throws: ``KMError`` `urlInvalid`.
    init(_ text: String) throws {
        let url = try RequestURL(text)
        guard !url.target.contains("?") else {
            throw KMError(.urlInvalid, "the base URL has a query; leave it out")
        }
        var path = url.target
        while path.hasSuffix("/") { path.removeLast() }
        (scheme, authority, self.path) = (url.scheme, url.host, path)
    }

    /// The URL, without a slash at its end.
    var text: String { "\(scheme)://\(authority)\(path)" }
}
#endif
