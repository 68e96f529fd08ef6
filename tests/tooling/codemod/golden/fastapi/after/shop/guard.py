from fastapi import Header, HTTPException


async def need_key(x_key: str = Header()):
    if x_key != "k":
        raise HTTPException(status_code=403, detail="the key is wrong")
