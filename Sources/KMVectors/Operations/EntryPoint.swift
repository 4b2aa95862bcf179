internal import KMPrimitives

/// How the API has to answer.
enum Verdict {
    case accepted
    /// With the error code of this name.
    case refused(String)
}

/// One way into the API for one test: a call that returns where the API accepts and its outputs are right, throws
/// ``KMError`` where the API refuses, and ``Mismatch`` where it accepts and gives something else than is due.
struct EntryPoint {
    let name: String
    let call: () throws -> Void

    init(_ name: String, _ call: @escaping () throws -> Void) {
        self.name = name
        self.call = call
    }

    /// What is wrong with this call, or nil.
    func deviation(from verdict: Verdict) -> String? {
        switch (verdict, answer()) {
        case (.accepted, .accepted): nil
        case (.refused(let due), .refused(let found)) where due == found: nil
        case (.accepted, let found): "\(name): \(found) where it is valid"
        case (.refused(let due), let found): "\(name): \(found) where \(due) is due"
        }
    }

    private enum Answer: CustomStringConvertible {
        case accepted, refused(String), other(String)

        var description: String {
            switch self {
            case .accepted: "accepted"
            case .refused(let code): "refused with \(code)"
            case .other(let what): what
            }
        }
    }

    private func answer() -> Answer {
        do {
            try call()
            return .accepted
        } catch let error as KMError {
            return .refused(error.code.description)
        } catch let mismatch as Mismatch {
            return .other(mismatch.what)
        } catch {
            return .other("an error of type \(type(of: error))")
        }
    }
}

/// The API accepted, and an output, which is named and not shown, is not what is due.
struct Mismatch: Error {
    let what: String
}

/// Throws ``Mismatch`` unless an output is right.
func expect(_ isRight: Bool, _ output: String) throws {
    guard isRight else { throw Mismatch(what: "another \(output)") }
}

/// Throws ``Mismatch`` unless two texts are the same, code point by code point; `==` holds two spellings of an accented
/// letter for one.
func expect(_ found: String?, _ due: String?, _ output: String) throws {
    try expect(found.map { Array($0.utf8) } == due.map { Array($0.utf8) }, output)
}
