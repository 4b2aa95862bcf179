import ArgumentParser
import Foundation
import HTTPTypes
import KMPrimitives
import KMSecurity

/// A signed request, with all that it takes to send it.
struct PreparedRequest {
    /// The forms that a request is written in.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case curl, http, json
    }

    let method: RequestMethod
    let url: RequestURL
    /// Names and values, in the order in which they are sent.
    let headers: [(name: String, value: String)]
    /// The bytes that the token is made of; none for a method without a body.
    let body: [UInt8]

    init(_ method: RequestMethod, _ url: RequestURL, _ sealed: SealedRequest) {
        self.method = method
        self.url = url
        let type = method.hasBody ? [(name: "Content-Type", value: "application/json")] : []
        headers = type + sealed.headers.map { (name: $0.name.rawName, value: $0.value) }
        body = sealed.body
    }

    /// The largest body that a curl command holds, in bytes.
    ///
    /// Linux starts no program with an argument of 128 KiB or more.
    static let maximumCommandBodyByteCount = 100_000

    /// A curl command for a POSIX shell.
    ///
    /// - Parameter bodyFile: The file that holds the body; nil for the body in the command.
    /// - Returns: The command, with a line feed at its end.
    /// - Throws: ``KMError`` `bodyNotQuotable` when a command cannot hold the body.
    func curlCommand(bodyFile: String?) throws -> String {
        var words = ["curl --request \(method.rawValue) \(ShellWord.quoted(url.text))"]
        words += headers.map { "--header \(ShellWord.quoted("\($0.name): \($0.value)"))" }
        if method.hasBody {
            let data = try bodyFile.map { "@\($0)" } ?? commandBody()
            words.append("--data-binary \(ShellWord.quoted(data))")
        }
        return words.joined(separator: " \\\n    ") + "\n"
    }

    /// The body as the value of curl's `--data-binary`.
    private func commandBody() throws -> String {
        guard body.count <= Self.maximumCommandBodyByteCount else {
            throw Self.notQuotable("the body has \(body.count) bytes; \(Self.maximumCommandBodyByteCount) fit")
        }
        guard let text = String(validating: body, as: UTF8.self) else {
            throw Self.notQuotable("the body is not UTF-8")
        }
        guard ShellWord.canHold(text) else { throw Self.notQuotable("the body has control characters") }
        // curl would read the file of that name.
        guard body.first != UInt8(ascii: "@") else { throw Self.notQuotable("the body begins with @") }
        return text
    }

    private static func notQuotable(_ what: String) -> KMError {
        KMError(.bodyNotQuotable, "the curl command cannot hold the body: \(what)")
    }

    /// The HTTP/1.1 message, byte for byte.
    var httpMessage: [UInt8] {
        var lines = ["\(method.rawValue) \(url.target) HTTP/1.1", "Host: \(url.host)", "Connection: close"]
        if method.hasBody { lines.append("Content-Length: \(body.count)") }
        lines += headers.map { "\($0.name): \($0.value)" }
        return lines.flatMap { Array("\($0)\r\n".utf8) } + Array("\r\n".utf8) + body
    }

    /// The request as `--format json` writes it.
    var json: some Encodable {
        let text = String(validating: body, as: UTF8.self)
        return Description(
            method: method.rawValue,
            url: url.text,
            headers: headers.map { Description.Header(name: $0.name, value: $0.value) },
            body: method.hasBody ? text : nil,
            bodyBase64: text == nil ? Data(body).base64EncodedString() : nil
        )
    }

    private struct Description: Encodable {
        struct Header: Encodable {
            let name, value: String
        }

        let method, url: String
        let headers: [Header]
        let body, bodyBase64: String?
    }
}

extension KMError.Code {
    /// A body that no shell command can hold.
    static let bodyNotQuotable = Self("bodyNotQuotable")
}
