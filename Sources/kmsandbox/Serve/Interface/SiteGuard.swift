#if Sandbox
import HTTPTypes
import Hummingbird
import KMSecurity
import KMWire

/// Protects the page and the control interface from other web sites.
///
/// A page from elsewhere must not read calls or trigger one: it could do so through a user's browser, which reaches addresses
/// of this machine. A host name that resolves to such an address (DNS rebinding) is rejected by the Host header.
struct SiteGuard<Context: RequestContext>: RouterMiddleware {
    /// The names of this machine that a request may address.
    let hosts: Set<String>

    /// Creates a guard.
    ///
    /// - Parameter hosts: Names besides those of the loopback interface. An IPv6 address needs no brackets.
    init(hosts: [String]) {
        let names = hosts.map { $0.contains(":") && !$0.hasPrefix("[") ? "[\($0)]" : $0 }
        self.hosts = Set(["127.0.0.1", "localhost", "[::1]"] + names.map { $0.lowercased() })
    }

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        if let fault = fault(of: request) {
            response = Self.rejection(fault)
        } else {
            response = try await next(request, context)
        }
        for (name, value) in Self.headers { response.headers[name] = value }
        return response
    }

    /// The response to a request that is rejected for a reason.
    static func rejection(_ fault: String) -> Response {
        InterfaceError.response(.siteRejected, fault, .forbidden)
    }

    /// Returns why a request is rejected; nil if it is not.
    private func fault(of request: Request) -> String? {
        if let fault = siteFault(of: request) { return fault }
        guard request.method == .get || request.method == .head || Self.isJSON(request) else {
            return "A request that changes something must have Content-Type: application/json, or no body."
        }
        return nil
    }

    /// Returns why a call of the API is rejected; nil if it is not.
    ///
    /// Only browsers send these headers. Other clients may address this machine by any name.
    func callFault(of request: Request) -> String? {
        let isBrowser = request.headers[.origin] != nil || request.headers[.secFetchSite] != nil
        return isBrowser ? siteFault(of: request) : nil
    }

    /// Returns why the Host header, or the site that a request comes from, is rejected; nil if neither is.
    func siteFault(of request: Request) -> String? {
        let authority = request.head.authority ?? ""
        guard hosts.contains(Self.host(authority)) else {
            return "The Host header must name this machine, such as localhost; to allow another name, start with "
                + "--allow-host NAME."
        }
        if let origin = request.headers[.origin] {
            guard let end = origin.firstRange(of: "://"), origin[end.upperBound...] == authority.lowercased() else {
                return "Pages of other sites cannot use the sandbox: the Origin header must be that of its own page."
            }
        }
        if let site = request.headers[.secFetchSite], site != "same-origin", site != "none" {
            return "Pages of other sites cannot use the sandbox: Sec-Fetch-Site must be same-origin or none."
        }
        return nil
    }

    /// Whether a request has JSON or no body.
    ///
    /// Forms of other sites can send neither.
    private static func isJSON(_ request: Request) -> Bool {
        guard let type = request.headers[.contentType] else {
            return request.headers[.transferEncoding] == nil && (request.headers[.contentLength] ?? "0") == "0"
        }
        return type.lowercased().split(separator: ";").first.map { $0.trimmingSpaces == "application/json" } ?? false
    }

    /// The host of an authority, without its port, in lower case.
    private static func host(_ authority: String) -> String {
        let name = authority.lowercased()
        if name.hasPrefix("["), let end = name.firstIndex(of: "]") { return String(name[...end]) }
        return String(name.prefix { $0 != ":" })
    }

    private static var headers: [(HTTPField.Name, String)] {
        let referrerPolicy = HTTPField.Name("Referrer-Policy").map { [($0, "no-referrer")] } ?? []
        return referrerPolicy + [
            (
                .contentSecurityPolicy,
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            (.xContentTypeOptions, "nosniff"),
            (.cacheControl, "no-store"),
            (.crossOriginResourcePolicy, "same-origin"),
        ]
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension HTTPField.Name {
    fileprivate static let secFetchSite = named("Sec-Fetch-Site")
}
#endif
