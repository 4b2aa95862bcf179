internal import KMJSON
internal import KMPrimitives

/// The members of the object that is a JSON text, up to a limit, without their values' inner structure.
struct JSONMembers {
    struct Member {
        /// The unescaped name.
        let name: [UInt8]
        let token: JSONScanner.Token
        /// The value's bytes in the text.
        let range: Range<Int>
        let hasEscapes: Bool
    }

    let members: [Member]

    /// Reads the members; nil if the text is not one JSON object.
    init?(_ text: [UInt8], maximumCount: Int = 1024) {
        let span = text.span
        var scanner = JSONScanner()
        guard (try? scanner.next(in: span)) == .objectStart else { return nil }
        var members: [Member] = []
        do {
            while try scanner.next(in: span) == .name {
                let name = JSONString.unescaped(span, scanner.range)
                let token = try scanner.next(in: span)
                let hasEscapes = scanner.hasEscapes
                try scanner.skipValue(in: span, startedBy: token)
                guard members.count < maximumCount else { continue }
                members.append(Member(name: name, token: token, range: scanner.range, hasEscapes: hasEscapes))
            }
            guard try scanner.next(in: span) == .end else { return nil }
        } catch {
            return nil
        }
        self.members = members
    }

    func first(_ name: String) -> Member? { members.first { $0.name.elementsEqual(name.utf8) } }

    /// The position at which a text stops being JSON; nil if it is one JSON text.
    static func fault(_ text: [UInt8], maximumDepth: Int) -> (error: KMError, position: Int)? {
        let span = text.span
        var scanner = JSONScanner(maximumDepth: maximumDepth)
        do {
            while try scanner.next(in: span) != .end {}
            return nil
        } catch let error as KMError {
            return (error, error.code == .malformedJSON ? scanner.faultPosition : scanner.position)
        } catch {
            return nil
        }
    }
}
