import ArgumentParser
import Foundation
import HTTPTypes
import KMCommandLine
import KMPrimitives
import KMSecurity

/// A signed request, with everything that is needed to send it.
struct PreparedRequest {
    /// An output format.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case curl, http, json
    }

    let method: RequestMethod
    let url: RequestURL
    /// The header names and values, in the order in which they are sent.
    let headers: [(name: String, value: String)]
    /// The signed bytes; empty for a method without a body.
    let body: [UInt8]

    init(_ method: RequestMethod, _ url: RequestURL, _ sealed: SealedRequest) {
        self.method = method
        self.url = url
        let type = method.hasBody ? [(name: "Content-Type", value: "application/json")] : []
        headers = type + sealed.headers.map { (name: $0.name.rawName, value: $0.value) }
        body = sealed.body
    }

    /// The largest body in a curl command, in bytes.
    ///
    /// Linux does not start a program with an argument of 128 KiB or more.
    static let maximumCommandBodyByteCount = 100_000

    /// Returns a curl command for a POSIX shell.
    ///
    /// - Parameter bodyFile: The file that contains the body; nil to put the body into the command.
    /// - Returns: The command, with a line feed at its end.
    /// - Throws: ``KMError`` `bodyNotQuotable` if a command cannot contain the body.
    func curlCommand(bodyFile: String?) throws -> String {
        var words = ["curl --silent --show-error --request \(method.rawValue) \(ShellWord.quoted(url.text))"]
        words += headers.map { "--header \(ShellWord.quoted("\($0.name): \($0.value)"))" }
        if method.hasBody {
            let data = try bodyFile.map { "@\($0)" } ?? commandBody()
            words.append("--data-binary \(ShellWord.quoted(data))")
        }
        return words.joined(separator: " \\\n    ") + "\n"
    }

    /// Returns the body as the value of curl's `--data-binary`.
    private func commandBody() throws -> String {
        guard body.count <= Self.maximumCommandBodyByteCount else {
            throw Self.notQuotable("it has \(body.count) bytes, and the limit is \(Self.maximumCommandBodyByteCount)")
        }
        guard let text = String(validating: body, as: UTF8.self) else {
            throw Self.notQuotable("it is not UTF-8")
        }
        guard ShellWord.canHold(text) else { throw Self.notQuotable("it has control characters") }
        // curl would read a file with the name after the @.
        guard body.first != UInt8(ascii: "@") else { throw Self.notQuotable("it begins with @") }
        return text
    }

    private static func notQuotable(_ what: String) -> KMError {
        KMError(.bodyNotQuotable, "the curl command cannot contain the body: \(what)")
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
    /// A shell command cannot contain the body.
    static let bodyNotQuotable = Self("bodyNotQuotable")
}
