"""Short forms of given names in English and Spanish use, each under the one form it is compared by.

Only forms that are plainly one name in common registers (the public US nickname lists agree on them); a form that
stands for several names (ALEX, CHRIS, PAT) is under the commonest, which groups rather than separates.
"""

from __future__ import annotations

GROUPS = {
    "ALEXANDER": "ALEX ALEC ALEJANDRO",
    "ANDREW": "ANDY DREW ANDRES",
    "ANTHONY": "TONY ANTONIO",
    "BENJAMIN": "BEN BENNY",
    "CATHERINE": "CATHY KATHERINE KATE KATHY KATIE KAREN CATALINA",
    "CHARLES": "CHARLIE CHUCK CARLOS",
    "CHRISTOPHER": "CHRIS KRIS TOPHER",
    "DANIEL": "DAN DANNY",
    "DAVID": "DAVE DAVEY",
    "DEBORAH": "DEB DEBBIE DEBRA",
    "DOROTHY": "DOT DOTTIE DOLLY",
    "EDWARD": "ED EDDIE TED NED EDUARDO",
    "ELIZABETH": "LIZ BETH BETTY ELIZA LIZZIE LISA ISABEL",
    "FRANCIS": "FRANK FRAN PACO FRANCISCO",
    "FREDERICK": "FRED FREDDY FEDERICO",
    "GREGORY": "GREG GREGG",
    "HENRY": "HANK HARRY ENRIQUE",
    "JACOB": "JAKE",
    "JAMES": "JIM JIMMY JAMIE",
    "JENNIFER": "JEN JENNY JENNA",
    "JESSICA": "JESS JESSIE",
    "JOHN": "JACK JOHNNY JUAN",
    "JONATHAN": "JON JONNY",
    "JOSEPH": "JOE JOEY JOSE PEPE",
    "JOSHUA": "JOSH",
    "JUDITH": "JUDY JUDI",
    "KENNETH": "KEN KENNY",
    "LAWRENCE": "LARRY LORENZO",
    "LEONARD": "LEN LENNY LEO",
    "MARGARET": "MAGGIE MEG PEGGY RITA MARGARITA",
    "MATTHEW": "MATT MATEO",
    "MICHAEL": "MIKE MICKEY MICK MIGUEL",
    "NICHOLAS": "NICK NICKY NICOLAS",
    "PATRICIA": "PAT PATTY TRICIA TRISH",
    "PATRICK": "PADDY",
    "PETER": "PETE PEDRO",
    "PHILIP": "PHIL PHILLIP FELIPE",
    "RAYMOND": "RAY RAMON",
    "REBECCA": "BECKY BECCA",
    "RICHARD": "RICK DICK RICKY RICARDO",
    "ROBERT": "BOB ROB BOBBY ROBBIE ROBERTO",
    "RONALD": "RON RONNIE",
    "SAMUEL": "SAM SAMMY",
    "STEPHEN": "STEVE STEVEN STEVIE ESTEBAN",
    "SUSAN": "SUE SUZIE SUSIE SUZANNE",
    "THEODORE": "THEO",
    "THOMAS": "TOM TOMMY TOMAS",
    "TIMOTHY": "TIM TIMMY",
    "VICTORIA": "VICKY VICKI TORI",
    "WILLIAM": "BILL WILL BILLY WILLIE GUILLERMO",
    "ZACHARY": "ZACH ZACK",
}

NICKNAMES = {short: full for full, forms in GROUPS.items() for short in forms.split()}
