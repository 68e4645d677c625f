//! Reads one type per line of JSON strings from stdin, prints what does not come back the same, and what is opaque.

#![expect(clippy::print_stdout, reason = "a program that prints its findings")]

use std::io::BufRead;

use analyzer::ty::Ty;

fn main() {
    let (mut total, mut opaque, mut differ) = (0, 0, 0);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        total += 1;
        let text = line.replace("\\n", "\n");
        match text.parse::<Ty>() {
            Ok(ty) => {
                if ty.to_string() != text {
                    differ += 1;
                    println!("differs: {text}\n     as: {ty}");
                }
                if ty.any(&mut |ty| matches!(ty, Ty::Opaque(_))) {
                    opaque += 1;
                    println!("opaque: {}", &text[..text.floor_char_boundary(100)]);
                }
            }
            Err(error) => {
                differ += 1;
                println!("unread: {text}: {error}");
            }
        }
    }
    println!("{total} read, {differ} differ, {opaque} opaque");
}
