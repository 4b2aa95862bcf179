package import KMPrimitives
internal import KMSecurity

/// The absolute `http` or `https` URL of a request (RFC 3986).
///
/// Every character is checked, because the URL becomes a word of a shell command and a line of an HTTP message.
package struct RequestURL {
    /// The whole URL.
    package let text: String
    /// The value of the Host header: the host, and the port if it is not the default port of the scheme.
    package let host: String
    /// The scheme, `http` or `https`.
    package let scheme: String
    /// The path and the query, for the request line.
    package let target: String

    /// Parses a URL.
    ///
    /// - Parameter text: The URL.
    /// - Throws: ``KMError`` `urlInvalid`. Its detail does not contain the URL, which may hold a password.
    package init(_ text: String) throws {
        if let place = text.utf8.enumerated().first(where: { !Self.allowed.contains($1) })?.offset {
            throw Self.invalid("has a character at byte \(place) that is not allowed; percent-encode it")
        }
        guard Self.hasWholeEscapes(text) else { throw Self.invalid("has a % without two hexadecimal digits after it") }
        guard !text.contains("#") else { throw Self.invalid("has a fragment (#), which is never sent; leave it out") }
        guard let end = text.firstRange(of: "://"), let port = Self.ports[text[..<end.lowerBound].lowercased()] else {
            throw Self.invalid("must begin with https:// or http://")
        }
        scheme = text[..<end.lowerBound].lowercased()
        let rest = text[end.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw Self.invalid("has a user name or password before the host; leave it out")
        }
        host = try Self.host(authority, defaultPort: port)
        let target = rest.dropFirst(authority.count)
        guard !target.contains(where: { $0 == "[" || $0 == "]" }) else {
            throw Self.invalid("has a bracket after the host; percent-encode it")
        }
        self.target = (target.hasPrefix("/") ? "" : "/") + target
        // Clients remove these segments before they send the request.
        let path = self.target.prefix { $0 != "?" }
        guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw Self.invalid("has a path with a . or .. segment; give the resolved path")
        }
        self.text = text[..<end.upperBound] + authority + self.target
    }

    /// Joins a base URL and a path.
    ///
    /// - Parameters:
    ///   - base: The base URL, without a query.
    ///   - path: The path, which begins with `/` and may have a query.
    /// - Throws: ``KMError`` `urlInvalid`.
    package init(base: String, path: String) throws {
        guard path.hasPrefix("/") else { throw Self.invalid("must begin with /", "--path") }
        guard !base.contains("?") else { throw Self.invalid("has a query; only --path can have one") }
        try self.init((base.hasSuffix("/") ? String(base.dropLast()) : base) + path)
    }

    /// The schemes and their default ports.
    private static let ports = ["http": 80, "https": 443]

    /// The characters of RFC 3986 section 2.
    private static let allowed = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%".utf8
    )

    private static func hasWholeEscapes(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst().allSatisfy {
            $0.prefix(2).count { Character(UnicodeScalar($0)).isHexDigit } == 2
        }
    }

    private static func host(_ authority: Substring, defaultPort: Int) throws -> String {
        let name: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw invalid("has a [ without ] in its host") }
            name = authority[...end]
            guard name.count > 2, name.dropFirst().dropLast().allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
            else { throw invalid("has an address in brackets that is not an IPv6 address") }
        } else {
            name = authority.prefix { $0 != ":" }
            guard !name.isEmpty else { throw invalid("has no host") }
            guard name.utf8.allSatisfy({ isHostCharacter($0) }) else {
                throw invalid("has a host with a character that is not a letter, a digit, -, . or _")
            }
        }
        let port = authority.dropFirst(name.count)
        guard !port.isEmpty else { return String(name) }
        guard port.first == ":", port.count <= 6, let number = Int(port.dropFirst()), (1...65_535).contains(number),
            port.dropFirst().allSatisfy(\.isNumber)
        else { throw invalid("has a port that is not a number from 1 to 65535") }
        return number == defaultPort ? String(name) : "\(name):\(number)"
    }

    private static func isHostCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func invalid(_ what: String, _ option: String = "the URL") -> KMError {
        KMError(.urlInvalid, "\(option) \(what)")
    }
}

extension KMError.Code {
    /// The URL of a request is malformed or unsupported.
    package static let urlInvalid = Self("urlInvalid")
}
