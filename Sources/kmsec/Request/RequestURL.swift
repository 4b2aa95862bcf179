import KMPrimitives
import KMSecurity

/// An absolute `http` or `https` URL that a request goes to (RFC 3986), checked to the last character: it becomes a word of a
/// shell command and a line of an HTTP message.
struct RequestURL {
    /// The whole URL.
    let text: String
    /// The value of the Host header: the host, and the port where the URL names another than its scheme's.
    let host: String
    /// The path and the query, as the request line has them.
    let target: String

    /// Parses a URL.
    ///
    /// - Throws: ``KMError`` `urlInvalid`. Its detail does not hold the URL.
    init(_ text: String) throws {
        if let place = text.utf8.enumerated().first(where: { !Self.allowed.contains($1) })?.offset {
            throw Self.invalid("has a character at byte \(place) that no URL can hold; percent-encode it")
        }
        guard Self.hasWholeEscapes(text) else { throw Self.invalid("has a % without two hexadecimal digits behind it") }
        guard !text.contains("#") else { throw Self.invalid("has a fragment (#), which is never sent") }
        guard let end = text.firstRange(of: "://"), let port = Self.ports[text[..<end.lowerBound].lowercased()] else {
            throw Self.invalid("must begin with https:// or http://")
        }
        let rest = text[end.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw Self.invalid("has a user name or password before the host; leave it out")
        }
        host = try Self.host(authority, defaultPort: port)
        let target = rest.dropFirst(authority.count)
        guard !target.contains(where: { $0 == "[" || $0 == "]" }) else {
            throw Self.invalid("has a bracket behind the host; percent-encode it")
        }
        self.target = (target.hasPrefix("/") ? "" : "/") + target
        // Clients take these away before they send.
        let path = self.target.prefix { $0 != "?" }
        guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw Self.invalid("has a path with . or .. in it; write the path that these lead to")
        }
        self.text = text[..<end.upperBound] + authority + self.target
    }

    /// The URL of a path below a base URL.
    ///
    /// - Throws: ``KMError`` `urlInvalid`.
    init(base: String, path: String) throws {
        guard path.hasPrefix("/") else { throw Self.invalid("has a path that does not begin with /", "--path") }
        guard !base.contains("?") else { throw Self.invalid("has a query; only --path can have one") }
        try self.init((base.hasSuffix("/") ? String(base.dropLast()) : base) + path)
    }

    /// The schemes, and the port that each has where the URL names none.
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
                throw invalid("has a host with a character other than letters, digits, - . and _")
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
    /// A URL that a request cannot be sent to.
    static let urlInvalid = Self("urlInvalid")
}
