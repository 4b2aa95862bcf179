internal import KMPrimitives

/// The result that a call must have.
enum Verdict {
    case accepted
    /// Rejected, with the name of the error code.
    case rejected(String)
}

/// One call into the API for one test.
///
/// The call returns when the API accepts the input and its outputs are right. It throws ``KMError`` when the API
/// rejects the input, and ``Mismatch`` when the API accepts the input but an output is wrong.
struct EntryPoint {
    let name: String
    let call: () throws -> Void

    init(_ name: String, _ call: @escaping () throws -> Void) {
        self.name = name
        self.call = call
    }

    /// Makes the call and describes how its result differs from `verdict`; nil if it does not differ.
    func deviation(from verdict: Verdict) -> String? {
        switch (verdict, answer()) {
        case (.accepted, .accepted): nil
        case (.rejected(let expected), .rejected(let found)) where expected == found: nil
        case (.accepted, let found): "\(name): expected acceptance, found: \(found)"
        case (.rejected(let expected), let found): "\(name): expected rejection with \(expected), found: \(found)"
        }
    }

    private enum Answer: CustomStringConvertible {
        case accepted, rejected(String), other(String)

        var description: String {
            switch self {
            case .accepted: "accepted"
            case .rejected(let code): "rejected with \(code)"
            case .other(let what): what
            }
        }
    }

    private func answer() -> Answer {
        do {
            try call()
            return .accepted
        } catch let error as KMError {
            return .rejected(error.code.description)
        } catch let mismatch as Mismatch {
            return .other(mismatch.what)
        } catch {
            return .other("an error of type \(type(of: error))")
        }
    }
}

/// A result that is wrong although the API did not reject the input, or an input that cannot be passed to the API.
///
/// The error names the wrong output but does not contain its value.
struct Mismatch: Error {
    let what: String
}

/// Throws ``Mismatch``, with the name of the output, unless the output is right.
func expect(_ isRight: Bool, _ output: String) throws {
    guard isRight else { throw Mismatch(what: "wrong \(output)") }
}

/// Throws ``Mismatch`` unless two strings have the same code points.
///
/// `==` is not strict enough: it compares canonical equivalents, such as two encodings of an accented letter, as equal.
func expect(_ found: String?, _ expected: String?, _ output: String) throws {
    try expect(found.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, output)
}
