/// Returns the texts that code, logs and debuggers can print of `value`.
package func printings<Value>(of value: Value) -> [String] {
    var texts: [String] = []
    func add<Printed>(_ printed: Printed) {
        texts.append(String(describing: printed))
        texts.append(String(reflecting: printed))
        texts.append("\(printed)")
        var text = ""
        print(printed, terminator: "", to: &text)
        debugPrint(printed, terminator: "", to: &text)
        dump(printed, to: &text)
        texts.append(text)
        texts.append(describeChildren(of: printed))
    }
    add(value)
    add(Holder(held: value))
    add(Owner(value))
    add([value, value])
    add(["key": value])
    add(Optional.some(value))
    add(Optional.some([Optional.some(value)]))
    add((1, value))
    add(Result<Value, any Error>.success(value))
    add(value as Any)
    return texts
}

/// Returns what `Mirror` shows of a value and, recursively, of its children.
private func describeChildren(of value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    let own = mirror.children.map { "\($0.label ?? "-")=\($0.value) \(describeChildren(of: $0.value))" }
    let inherited = mirror.superclassMirror.map { "\($0.children.map { "\($0.value)" })" } ?? ""
    return own.joined(separator: ",") + inherited
}

/// Whether one of the texts contains four or more consecutive bytes of `bytes`.
///
/// The search finds lists of numbers, as arrays print them, hexadecimal, Base64 in both alphabets, and plain text.
package func shows(_ texts: [String], _ bytes: [UInt8]) -> Bool {
    let text = texts.joined(separator: "\n")
    // Lists of numbers can be separated by commas or, as dump prints them, by line breaks.
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
    let flat = " " + words.joined(separator: " ") + " "
    let hexadecimal = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    // For a long secret some positions are enough, because code that prints one part prints all parts.
    for start in stride(from: 0, through: bytes.count - 4, by: max(1, bytes.count / 12)) {
        let part = bytes[start..<start + 4]
        let digits = hexadecimal[start..<start + 4]
        let numbers = part.map(String.init).joined(separator: " ")
        if flat.contains(" \(numbers) ") || flat.contains(digits.joined()) { return true }
        if flat.contains(" \(digits.joined(separator: " ")) ") { return true }
        if part.allSatisfy({ (0x21...0x7E).contains($0) }), text.contains(String(decoding: part, as: UTF8.self)) {
            return true
        }
    }
    return base64(bytes).contains { $0.count >= 12 && text.contains($0.prefix(12)) }
}

private func base64(_ bytes: [UInt8]) -> [String] {
    let text = base64Text(bytes)
    return [text, String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })]
}

/// Returns the Base64 text of all complete groups of three bytes.
func base64Text(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count / 3 * 3, by: 3) {
        let group = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
        for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
    }
    return text
}

private struct Holder<Value> {
    let held: Value
    let other = 1
}

private final class Owner<Value> {
    let owned: Value

    init(_ owned: Value) {
        self.owned = owned
    }
}
