//! Names of zones, as offsets from UTC.
//!
//! A name that several zones have is the one that most feeds mean by it: `IST` is India's, `BST`
//! Britain's summer, `CST` and `AST` North America's, `AMT` none. Names of places (`Europe/Berlin`)
//! are not known, for without the rules of their summers they would be wrong for half of the year.

/// The offset of a zone's name, in minutes. The letters of military zones but Z say nothing (RFC 5322 §4.3).
pub(super) fn zone(name: &str) -> Option<i32> {
    Some(match name {
        "ut" | "utc" | "gmt" | "wet" | "gmz" | "z" | "zulu" | "greenwich" => 0,
        "bst" | "cet" | "mez" | "met" | "west" | "wat" | "mewz" | "wez" | "hec" => 60,
        "cest" | "mesz" | "mest" | "eet" | "cat" | "sast" | "oez" | "oesz" | "hee" => 120,
        "eest" | "msk" | "мск" | "eat" | "trt" => 180,
        "msd" | "samt" | "gst" => 240,
        "pkt" | "yekt" | "uzt" => 300,
        "ist" => 330,
        "npt" => 345,
        "omst" => 360,
        "wib" | "ict" | "krat" | "novt" => 420,
        "hkt" | "sgt" | "awst" | "pht" | "myt" | "wita" | "irkt" => 480,
        "jst" | "kst" | "wit" | "yakt" => 540,
        "acst" => 570,
        "aest" | "vlat" | "chst" => 600,
        "acdt" => 630,
        "aedt" | "magt" => 660,
        "nzst" => 720,
        "nzdt" => 780,
        "ndt" => -150,
        "nst" => -210,
        "adt" | "brt" | "art" | "uyt" => -180,
        "ast" | "edt" | "clt" | "vet" | "bot" | "atlantic" => -240,
        "est" | "cdt" | "et" | "pet" | "cot" | "eastern" => -300,
        "cst" | "mdt" | "ct" | "central" => -360,
        "mst" | "pdt" | "mt" | "mountain" => -420,
        "pst" | "akdt" | "pt" | "pacific" => -480,
        "akst" => -540,
        "hst" => -600,
        _ if name.len() == 1 && name.is_ascii() => 0,
        _ => return None,
    })
}

/// Whether `daylight` may follow: `Eastern Daylight Time`.
pub(super) fn is_long(name: &str) -> bool {
    matches!(
        name,
        "atlantic" | "eastern" | "central" | "mountain" | "pacific"
    )
}
