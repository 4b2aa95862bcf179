/// A count and its noun, for a message: "1 part", "5 parts".
package func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
