#if Sandbox
import Foundation
import HTTPTypes
import KMCommandLine
import KMCards
import KMDiagnosis
import KMPrimitives
import KMSecurity

/// The receiver of a call, as a test vector has it.
struct VectorContext: Sendable {
    struct Key: Encodable, Sendable {
        let id, state: String
        /// The private key in PEM; nil if it is not known.
        let privateKey: String?
    }

    let accessKey, aspID, secret: String
    let keys: [Key]
}

/// Exports a call: as a curl command, as a test vector, and as a report without secrets.
struct CallExport {
    let call: RecordedCall
    /// The URL of the tool's server, without a path.
    let origin: String

    /// Returns a curl command that sends the same request again.
    ///
    /// The server rejects the copy as replayed or stale.
    ///
    /// - Throws: ``KMError`` `bodyNotKept`.
    func curlCommand() throws -> String {
        try checkBody()
        let url = call.direction == .request ? origin + call.request.path : call.request.path
        let method = call.request.method
        // Without these options, curl expands brackets and removes dot segments.
        var words = [
            "curl --silent --show-error --globoff --path-as-is "
                + (method == .head ? "--head" : "--request \(ShellWord.quoted(method.rawValue))") + " \(Self.word(url))"
        ]
        let dropped: Set<HTTPField.Name> = [
            .contentLength, .connection, .transferEncoding, .expect, .acceptEncoding, .userAgent, .accept,
        ]
        words += call.request.headers.filter { !dropped.contains($0.name) }.map { field in
            // curl removes a header that has a colon and no value.
            let line = field.value.isEmpty ? "\(field.name.rawName);" : "\(field.name.rawName): \(field.value)"
            return "--header \(Self.word(line))"
        }
        if call.request.headers[.contentType] == nil { words.append("--header 'Content-Type:'") }
        let body = call.request.body
        guard !body.isEmpty else { return words.joined(separator: " \\\n    ") + "\n" }
        // curl reads a file if the text begins with @, and Linux passes at most 128 KiB in one argument.
        if let text = String(validating: body, as: UTF8.self), body.first != UInt8(ascii: "@"), body.count <= 65_536,
            ShellWord.canHold(text)
        {
            words.append("--data-binary \(ShellWord.quoted(text))")
            return words.joined(separator: " \\\n    ") + "\n"
        }
        words.append("--data-binary @-")
        let encoded = Data(body).base64EncodedString()
        return "printf %s \(encoded) | base64 --decode | " + words.joined(separator: " \\\n    ") + "\n"
    }

    /// A word of a shell command; text that a terminal would act on is encoded.
    private static func word(_ text: String) -> String {
        ShellWord.canHold(text)
            ? ShellWord.quoted(text)
            : "\"$(printf %s \(Data(text.utf8).base64EncodedString()) | base64 --decode)\""
    }

    private func checkBody() throws {
        guard call.requestByteCount == call.request.body.count else {
            throw KMError(
                .bodyNotKept,
                "the body has \(call.requestByteCount) bytes, and only the first \(call.request.body.count) are kept; send a "
                    + "smaller body to export the call"
            )
        }
    }

    /// A test vector of the whole request, in the form of the files in `Vectors`: inputs, result and error code.
    ///
    /// - Parameter context: The secret key and the keys of the receiver.
    /// - Returns: JSON.
    /// - Throws: ``KMError`` `bodyNotKept`; `EncodingError`.
    func vector(_ context: VectorContext) throws -> String {
        try checkBody()
        let vector = Vector(
            comment: MessageMasking.apply(to: call.judgment.summary),
            result: call.judgment.verdict == .accepted ? "valid" : "invalid",
            error: call.judgment.code,
            method: call.request.method.rawValue,
            path: call.request.path,
            headers: call.request.headers.map { [$0.name.rawName, $0.value] },
            body: Self.hexadecimal(call.request.body),
            receivedAt: call.request.date.withMilliseconds,
            accessKey: context.accessKey,
            aspId: context.aspID,
            secret: Self.hexadecimal(Array(context.secret.utf8)),
            keys: context.keys,
            parameters: call.parameters.map(Self.hexadecimal)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .withoutEscapingSlashes, .sortedKeys]
        return String(decoding: try encoder.encode(vector), as: UTF8.self) + "\n"
    }

    private struct Vector: Encodable {
        let comment, result: String
        let error: String?
        let method, path: String
        let headers: [[String]]
        let body, receivedAt, accessKey, aspId, secret: String
        let keys: [VectorContext.Key]
        let parameters: String?
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// A report for a ticket, in Markdown: the verdict, the steps and the headers, without a body, token, key or parameter.
    var report: String {
        let judgment = call.judgment
        var lines = [
            "# \(call.request.method.rawValue) \(line(String(call.request.path.prefix(500)))): \(judgment.verdict.rawValue)",
            "",
            line(judgment.summary),
            "",
            "- KMSecurity \(Version.number), sandbox",
            "- Received: \(call.request.date.withMilliseconds)",
            "- HTTP status: \(call.hasResponse ? "\(call.response.status.code)" : "no answer")"
                + (call.resultCode.map { ", result \($0)" } ?? ""),
            "- Code: \(judgment.code ?? "none")",
            "- Profile: \(call.profile?.name ?? "unknown"), level: \(call.level?.rawValue ?? "unknown")",
            "- Body: \(call.requestByteCount) bytes",
        ]
        lines += call.alterations.map { "- Changed on purpose: \(line($0))" }
        lines += [
            "",
            "| step | outcome | expected | found | cause | change |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        lines += judgment.steps.map { step in
            let difference = step.difference.map { "; first difference at byte \($0.offset) of \($0.place)" } ?? ""
            let cells = [
                step.name.rawValue, step.outcome.rawValue, step.expected, step.found + difference, step.cause ?? "",
                step.fix ?? "",
            ]
            return "| " + cells.map { line($0).replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        lines += ["", "Headers, without the values of secrets:", ""]
        let masking = CallMasking(isRevealed: false)
        for header in masking.headers(call.request.headers) {
            // A time has as many digits as a card number, and is none.
            let isTime = header[0].lowercased() == "x-km-tran-time" && (try? TranTime(header[1])) != nil
            lines.append("- `\(line(header[0]))`: `\(isTime ? header[1] : line(header[1]))`")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Text from a client as a part of one line of Markdown.
    private func line(_ text: String) -> String {
        MessageMasking.apply(to: Terminal.printable(text)).replacing("`", with: "'")
            .replacing("<", with: "&lt;").replacing("[", with: "&#91;")
    }
}

extension KMError.Code {
    /// A call cannot be exported, because only the beginning of its body is kept.
    static let bodyNotKept = Self("bodyNotKept")
}
#endif
